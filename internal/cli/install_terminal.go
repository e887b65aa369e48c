package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
)

// tellInstall prints one thing that the flow tells.
func (o *installOptions) tellInstall(t install.Telling) {
	line := text.Line(t.Text)
	head := install.Title(t.Step)
	var m mark
	switch t.Kind {
	case install.TellDone:
		m = mark{"✓", "+", head + ": " + line, good}
	case install.TellLeft:
		m = mark{"○", "o", head + ": " + line, warn}
	case install.TellUndone:
		m = mark{"↺", "<", head + ": " + line, plain}
	case install.TellBegin:
		m = mark{"→", ">", head, busy}
	case install.TellWarn:
		m = mark{"▲", "!", line, warn}
	case install.TellLog:
		fmt.Fprintln(o.IO.Out, o.IO.paint(faint, "    "+line))
		return
	case install.TellProgress:
		return // the log tells as much
	default:
		fmt.Fprintf(o.IO.Out, "  %s\n", line)
		return
	}
	glyph, words, _ := strings.Cut(m.text(o.IO.ASCII), " ")
	fmt.Fprintf(o.IO.Out, "%s %s\n", o.IO.paint(m.ink, glyph), words)
}

// answered says which questions a flag has answered with yes.
func (o *installOptions) answered(flag string) bool {
	return map[string]bool{"--yes": o.Yes, "--reboot": o.Reboot, "--write-entry": o.WriteEntry, "--write-known-hosts": o.WriteKnown, "--hand-over": o.HandOver}[flag]
}

// askInstall puts a question to the person, unless a flag has answered it. Off a
// terminal what is not answered is a no.
func (o *installOptions) askInstall(ctx context.Context, q install.Question) (bool, error) {
	if o.answered(q.Flag) {
		return true, nil
	}
	if !o.IO.CanAsk() || o.JSON {
		return false, nil
	}
	if q.Flag == "--hand-over" { // all else was shown already
		fmt.Fprintf(o.IO.Out, "  %s\n", text.Line(strings.Join(q.Shown, " ")))
	}
	fmt.Fprintf(o.IO.Err, "%s [y/N] ", text.Line(q.Text))
	answer, err := readLine(ctx, o.IO.In)
	if err != nil {
		fmt.Fprintln(o.IO.Err)
		if !errors.Is(err, io.EOF) {
			return false, err
		}
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// acceptInstaller lets OpenSSH ask about the installer's key.
func (o *installOptions) acceptInstaller(ctx context.Context, words []string) error {
	ask := exec.CommandContext(ctx, words[0], words[1:]...)
	ask.Stdin, ask.Stdout, ask.Stderr = o.IO.In, o.IO.Out, o.IO.Err
	return ask.Run()
}

// runAnywhere gives the terminal to nixos-anywhere.
func (o *installOptions) runAnywhere(ctx context.Context, words []string) error {
	program := exec.CommandContext(ctx, words[0], words[1:]...)
	program.Dir = o.Env.Dir
	program.Stdin, program.Stdout, program.Stderr = o.IO.In, o.IO.Out, o.IO.Err
	if err := program.Run(); err != nil {
		return &Failure{Message: "nixos-anywhere did not end well: " + err.Error(), Hint: "What it printed is above; it can be run again.", Code: ExitFailed, Err: err}
	}
	fmt.Fprintf(o.IO.Out, "\nnixos-anywhere has ended. Put %s into fleet.nix, and its new key into known_hosts.\n", text.Line(o.Host))
	return nil
}
