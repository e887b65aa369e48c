package sshutil

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAgentProgram(t *testing.T) {
	if got := AgentProgram("/run/user/1000/gnupg/S.gpg-agent.ssh"); got != "gpg-agent" || HoldsCertificates(got) {
		t.Errorf("gpg-agent is called %q", got)
	}
	if got := AgentProgram(filepath.Join(t.TempDir(), "nobody")); got != "" || !HoldsCertificates(got) {
		t.Errorf("nobody is called %q", got)
	}
	program, err := exec.LookPath("ssh-agent")
	if err != nil {
		t.Skip("there is no ssh-agent here: install OpenSSH's client")
	}
	dir, err := os.MkdirTemp("", "nf") // short: it is in a socket's address
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	agent := exec.Command(program, "-D", "-a", dir+"/a")
	out, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	defer agent.Wait()
	defer agent.Process.Kill()
	if _, err := out.Read(make([]byte, 1)); err != nil { // it says where it listens, when it does
		t.Fatal(err)
	}
	if got := AgentProgram(dir + "/a"); got != "ssh-agent" {
		t.Errorf("it is called %q", got)
	}
}

// TestGPGAgent tries the real one: it is recognised, and takes no certificate.
func TestGPGAgent(t *testing.T) {
	if _, err := exec.LookPath("gpg-agent"); err != nil {
		t.Skip("there is no gpg-agent here: apt-get install gpg-agent")
	}
	home, err := os.MkdirTemp("", "nf")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	agent := exec.Command("gpg-agent", "--homedir", home, "--enable-ssh-support", "--daemon", "--", "sh", "-c", `printf '%s\n' "$SSH_AUTH_SOCK"; read _`)
	in, err1 := agent.StdinPipe()
	out, err2 := agent.StdoutPipe()
	if err := firstError(err1, err2); err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	defer agent.Wait()
	defer in.Close() // ends the shell, and the agent with it
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	socket := strings.TrimSpace(string(line[:n]))
	if got := AgentProgram(socket); got != "gpg-agent" {
		t.Errorf("%s is called %q", socket, got)
	}
	if _, err := ListAgent(t.Context(), socket); err != nil {
		t.Errorf("it does not answer: %v", err)
	}
}
