package cli

import (
	"bytes"
	"context"
	"errors"
	"os/exec"

	"nixfleet-tui/sshutil"
)

// thisMachine runs commands here, as a host's sshd would there: preflight looks
// at the machine that builds with the same script, wherever that is.
type thisMachine struct{}

func (thisMachine) Run(ctx context.Context, c sshutil.Command) (sshutil.Result, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", c.Line)
	cmd.Stdin = bytes.NewReader(c.Stdin)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || ctx.Err() != nil) {
		return sshutil.Result{}, &sshutil.Error{Kind: sshutil.KindExecFailed, Message: "/bin/sh could not be run here: " + err.Error(), Err: err}
	}
	return sshutil.Result{Stdout: out.Bytes(), Stderr: errOut.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, nil
}

func (thisMachine) Close() error { return nil }
