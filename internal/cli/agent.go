package cli

import (
	"context"
	"path/filepath"

	"nixfleet-tui/internal/demo"
	"nixfleet-tui/sshutil"
)

// Agent implements World: what the agent at SSH_AUTH_SOCK holds, and which
// certificates lie where ssh finds them by itself.
func (w *realWorld) Agent(ctx context.Context) sshutil.SudoAgent {
	socket := w.env.Getenv("SSH_AUTH_SOCK")
	a := sshutil.SudoAgent{OnDisk: certificatesIn(filepath.Join(w.env.Home, ".ssh"))}
	if socket == "" {
		a.Absent = "no ssh-agent runs here (SSH_AUTH_SOCK is not set)"
		return a
	}
	a.Program = sshutil.AgentProgram(socket)
	a.Keys, a.Err = sshutil.ListAgent(ctx, socket)
	return a
}

func (w *demoWorld) Agent(context.Context) sshutil.SudoAgent {
	a, err := demo.Agent(w.env.Now())
	a.Err = err
	return a
}

// certificatesIn are those in the files of a directory that lie beside keys.
func certificatesIn(dir string) []sshutil.Certificate {
	paths, _ := filepath.Glob(filepath.Join(dir, "*-cert.pub")) // the pattern is sound
	var all []sshutil.Certificate
	for _, path := range paths {
		if c, is := sshutil.ReadCertificate(path); is {
			all = append(all, c)
		}
	}
	return all
}
