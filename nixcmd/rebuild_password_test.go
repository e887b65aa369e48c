package nixcmd

import (
	"slices"
	"testing"
)

func TestArgsForSudosPassword(t *testing.T) {
	ng, bash := Dialect{Kind: KindNG, Sudo: true, NoReexec: true}, Dialect{Kind: KindBash}
	r := Rebuild{Action: Switch, Flake: ".", Attr: "a", TargetHost: "a", Sudo: true, Password: true}
	if args := ng.Args(r); !slices.Contains(args, "--ask-sudo-password") || !slices.Contains(args, "--sudo") {
		t.Errorf("ng: %q", args)
	}
	if args := bash.Args(r); slices.Contains(args, "--no-ssh-tty") || slices.Contains(args, "--ask-sudo-password") || !slices.Contains(args, "--use-remote-sudo") {
		t.Errorf("bash: %q", args)
	}
	r.Sudo = false // as root there is nothing to ask
	if args := ng.Args(r); slices.Contains(args, "--ask-sudo-password") {
		t.Errorf("root, ng: %q", args)
	}
	if args := bash.Args(r); !slices.Contains(args, "--no-ssh-tty") {
		t.Errorf("root, bash: %q", args)
	}
}
