package nixcmd

import (
	"context"
	"strings"
)

// The kinds of nixos-rebuild.
const (
	KindNG   = "ng"   // the Python one, default since NixOS 25.11
	KindBash = "bash" // the shell script, up to 25.05
)

// Dialect is which nixos-rebuild is installed and what its parser takes.
type Dialect struct {
	Kind      string `json:"kind"`      // "ng" or "bash"
	Sudo      bool   `json:"sudo"`      // --sudo; otherwise --use-remote-sudo
	NoReexec  bool   `json:"noReexec"`  // --no-reexec; otherwise --fast
	StorePath bool   `json:"storePath"` // --store-path
}

// dialectQuestion is answered by the argument parser alone: the bash program
// stops at the first option that it lacks, the Python one names all that it
// lacks or shows its help. A bare --help would need man pages.
var dialectQuestion = []string{"--no-reexec", "--sudo", "--store-path", "/x", "--help"}

// DetectDialect asks program (with leading words, if any) which dialect it
// speaks. env is the environment to ask in; nil is this process's own. The
// error is an *Error.
func DetectDialect(ctx context.Context, program, env []string) (Dialect, error) {
	doing := "asking nixos-rebuild for its dialect"
	if len(program) == 0 {
		return Dialect{}, &Error{Doing: doing, Message: "no program is named"}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	child := command{
		program: program[0],
		args:    append(append([]string{}, program[1:]...), dialectQuestion...),
		env:     withEnv(env, "MANPAGER=cat"),
	}
	out, errOut, err := child.run(ctx)
	if isMissing(err) {
		return Dialect{}, &Error{
			Doing: doing, Err: err,
			Message: program[0] + " cannot be started: it is not installed, or not in PATH",
			Hint:    "install it, for example with `nix profile install nixpkgs#nixos-rebuild-ng`, or put it in PATH",
		}
	}
	if ctx.Err() != nil {
		return Dialect{}, &Error{
			Doing: doing, Err: ctx.Err(), Full: string(errOut),
			Message: program[0] + " did not answer within " + askTimeout.String(),
			Hint:    "run `" + program[0] + " --help` by hand and see what it waits for",
		}
	}
	return readDialect(string(out) + "\n" + string(errOut)), nil
}

// readDialect reads the answer to dialectQuestion.
func readDialect(answer string) Dialect {
	if strings.Contains(answer, "unknown option `") {
		return Dialect{Kind: KindBash}
	}
	d := Dialect{Kind: KindNG, Sudo: true, NoReexec: true, StorePath: true}
	for line := range strings.Lines(answer) {
		_, lacking, found := strings.Cut(line, "unrecognized arguments:")
		if !found {
			continue
		}
		for _, word := range strings.Fields(lacking) {
			switch word {
			case "--sudo":
				d.Sudo = false
			case "--no-reexec":
				d.NoReexec = false
			case "--store-path":
				d.StorePath = false
			}
		}
	}
	return d
}
