package ui

import (
	"io"
	"os/exec"
)

// visit is a program in possession of the terminal, as Bubble Tea runs it.
type visit struct {
	guest *guest
	*exec.Cmd
}

// Run implements tea.ExecCommand.
func (v *visit) Run() error {
	if err := v.guest.start(v.Cmd); err != nil {
		return err
	}
	defer v.guest.leave()
	return v.Wait()
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
