package ui

import (
	"errors"
	"io"
	"os/exec"
)

// visit is a program in possession of the terminal, as Bubble Tea runs it.
type visit struct {
	guest *guest
	*exec.Cmd
	lingers func(error) bool // whether what it wrote is to be read before the dashboard covers it
}

// Run implements tea.ExecCommand.
func (v *visit) Run() error {
	err := v.guest.wait(v.Cmd)
	if v.lingers == nil || !v.lingers(err) {
		return err
	}
	// A guest of its own, so that a hang-up ends it as it does any other.
	page := exec.Command("/bin/sh", "-c", `printf '\n%s ' "$1"; read -r _`, "sh", "enter goes back to the dashboard")
	page.Stdin, page.Stdout, page.Stderr = v.Stdin, v.Stdout, v.Stderr
	if perr := v.guest.wait(page); perr != nil && exitOf(perr) < 0 {
		return errors.Join(err, perr)
	}
	return err
}

// wait starts c and waits for its end.
func (g *guest) wait(c *exec.Cmd) error {
	if err := g.start(c); err != nil {
		return err
	}
	defer g.leave()
	return c.Wait()
}

// exitOf is the status with which a program ended, 0 when it ended well, and
// -1 when it was never started.
func exitOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return max(0, exit.ExitCode())
	}
	return -1
}

// SetStdin implements tea.ExecCommand. What was set before stays.
func (v *visit) SetStdin(r io.Reader) {
	if v.Stdin == nil {
		v.Stdin = r
	}
}

// SetStdout implements tea.ExecCommand.
func (v *visit) SetStdout(w io.Writer) {
	if v.Stdout == nil {
		v.Stdout = w
	}
}

// SetStderr implements tea.ExecCommand.
func (v *visit) SetStderr(w io.Writer) {
	if v.Stderr == nil {
		v.Stderr = w
	}
}
