package fleet

import (
	"context"
	"fmt"
	"strings"

	"nixfleet-tui/sshutil"
)

// tinyBuild is a derivation that no store has yet and that needs nothing but
// the shell of the sandbox. unique is of letters, digits and dashes.
func tinyBuild(unique, system string) string {
	return fmt.Sprintf(`derivation { name = "nixfleet-check-%s"; system = %s; builder = "/bin/sh"; args = [ "-c" "echo %[1]s > $out" ]; }`, unique, system)
}

// build has a tiny build run on the builder, as the user that builds are sent as.
func (k *climb) build(ctx context.Context) bool {
	if k.Build == "" {
		return true
	}
	if !k.ours() {
		return k.add(k.foreign(RungBuild))
	}
	ctx, cancel := context.WithTimeout(ctx, vantageTimeout)
	defer cancel()
	began := k.Now()
	// Built through its daemon, there and nowhere else.
	line := "nix-build --no-out-link --option substitute false --option builders '' --max-jobs 1 -E " +
		shellWord(tinyBuild(k.Build, "builtins.currentSystem")) + " </dev/null"
	result, err := k.link.Run(ctx, sshutil.Command{Line: "env PATH=\"$PATH:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin\" " + line})
	s := buildStep(k.b, result, err)
	s.Took = k.Now().Sub(began)
	return k.add(s)
}

// buildStep judges how a tiny build ended.
func buildStep(b Builder, result sshutil.Result, err error) Step {
	s := Step{Rung: RungBuild, State: StepOK, Said: "a build ran"}
	switch {
	case err != nil:
		s.State, s.Said, s.Reason = StepUnknown, "", sshError(err).Message
	case result.ExitCode != 0:
		s.State, s.Said, s.Reason = StepBad, "", keep(errorLine(result.Stderr), fmt.Sprintf("the build ended with %d", result.ExitCode))
		s.Hint = "journalctl -u nix-daemon, on " + b.Name
	}
	return s
}

// errorLine is the line that says most of what nix and the ssh under it said:
// why ssh was not let in, the first error, or else the last line.
func errorLine(stderr []byte) string {
	found := ""
	for line := range strings.Lines(string(stderr)) {
		line = strings.TrimSpace(line)
		for _, telling := range []string{"Permission denied", "Host key verification failed", "Connection timed out", "Connection refused", "No route to host", "Could not resolve"} {
			if strings.Contains(line, telling) {
				return cut(line)
			}
		}
		if _, said, ok := strings.Cut(line, "error: "); ok && found == "" {
			found = cut(said)
		}
	}
	return keep(found, lastLine(stderr))
}

// cut keeps a sentence at a length that people read.
func cut(said string) string {
	if r := []rune(said); len(r) > maxSentence {
		return string(r[:maxSentence]) + "…"
	}
	return said
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
