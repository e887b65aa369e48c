package nixcmd

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Nix asks the nix program. Its errors are *Error: what Nix said, without the trace.
type Nix struct {
	Program string   // default "nix"
	Dir     string   // working directory
	Env     []string // default: this process's own
	Low     bool     // run at low priority

	// FixedLock makes it an error of Metadata when the flake's lock file does not
	// cover its inputs: then each evaluation would choose inputs anew, and two
	// hosts could get different ones.
	FixedLock bool
}

// HostNames lists the attributes of nixosConfigurations, sorted. A flake
// without them has none. Only the flake's outputs function is called; no host
// is evaluated.
func (n *Nix) HostNames(ctx context.Context, ref string) ([]string, error) {
	names := []string{}
	err := n.evalAttr(ctx, "reading the host names of "+ref, ref, "nixosConfigurations", "builtins.attrNames", &names)
	if isLacking(err) {
		return nil, nil
	}
	slices.Sort(names)
	return names, err
}

// File evaluates a Nix file that needs no arguments and returns it as JSON.
func (n *Nix) File(ctx context.Context, path string) (json.RawMessage, error) {
	var value json.RawMessage
	err := n.ask(ctx, "reading "+path, &value, "eval", "--json", "--file", path)
	return value, err
}

// evalAttr applies a function to one output of the flake. The leading dot
// makes the attribute path absolute: without it nix would also look under
// packages and legacyPackages, which forces them.
//
// Nix's evaluation cache is left alone: `nix eval` reads no value from it, and
// what it writes would be the file over which the evaluations of a run, which
// begin at the same time, then wait for each other (NixOS/nix#3794).
func (n *Nix) evalAttr(ctx context.Context, doing, ref, attr, apply string, into any) error {
	args := []string{"eval", "--json", "--option", "eval-cache", "false", "--no-write-lock-file", "--read-only", ref + "#." + attr, "--apply", apply}
	err := n.ask(ctx, doing, into, args...)
	if needsStoreWrites(err) {
		args = slices.DeleteFunc(args, func(a string) bool { return a == "--read-only" })
		err = n.ask(ctx, doing, into, args...)
	}
	if isLacking(err) && strings.Contains(fullOf(err), "'."+attr+"'") { // Nix before 2.19 takes the dot for a name
		args[slices.Index(args, ref+"#."+attr)] = ref + "#" + attr
		err = n.ask(ctx, doing, into, args...)
	}
	return err
}

// ask runs nix and decodes the JSON that it prints.
func (n *Nix) ask(ctx context.Context, doing string, into any, args ...string) error {
	child := command{
		program: n.Program,
		args:    append([]string{"--extra-experimental-features", "nix-command flakes"}, args...),
		dir:     n.Dir,
		env:     withEnv(n.Env, "GIT_TERMINAL_PROMPT=0"),
		low:     n.Low,
	}
	if child.program == "" {
		child.program = "nix"
	}
	out, errOut, err := child.run(ctx)
	switch {
	case ctx.Err() != nil:
		return &Error{Doing: doing, Message: "stopped: " + ctx.Err().Error(), Full: string(errOut), Err: ctx.Err()}
	case isMissing(err):
		return &Error{
			Doing: doing, Err: err,
			Message: child.program + " cannot be started: " + err.Error(),
			Hint:    "install Nix (https://nixos.org/download) or put it in PATH",
		}
	case err != nil:
		return failure(doing, string(errOut), err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		return &Error{
			Doing: doing, Err: err, Full: string(out) + string(errOut),
			Message: "nix did not answer in JSON",
			Hint:    "see whether " + child.program + " is Nix itself, or a wrapper that prints more",
		}
	}
	return nil
}

// isLacking says whether the flake has no such output.
func isLacking(err error) bool {
	return strings.Contains(fullOf(err), "does not provide attribute")
}

// fullOf is all that nix printed before it failed.
func fullOf(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Full
}

// needsStoreWrites says whether an evaluation failed only because it was made
// without writing to the store: import from derivation needs that, and Nix
// before 2.18 does not know --read-only.
func needsStoreWrites(err error) bool {
	full := fullOf(err)
	for _, sign := range []string{".drv' is not valid", "read-only mode", "unrecognised flag '--read-only'"} {
		if strings.Contains(full, sign) {
			return true
		}
	}
	return false
}
