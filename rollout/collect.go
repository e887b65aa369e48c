package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// collectStep is one command of a collection.
type collectStep struct {
	doing string // such as "deleting generations 30, 31"
	done  string // what it has changed, as in "generations 30, 31 were deleted"; or ""
	words []string
}

// collect deletes generations of the host, collects its garbage and writes its
// boot menu anew. Each step can be done again: a collection that was cut off is
// brought to its end by the next one, which is told by the roots that the first
// step makes and the last removes (fleet.Generations.Collecting).
func (e *engine) collect(ctx context.Context, what Activation) error {
	a := e.activation(what)
	a.Action = nixcmd.Boot // which writes the boot menu, and nothing else
	fmt.Fprintln(e.stderr, "collecting the garbage of "+e.host.Name)
	if err := e.sameBootDefault(ctx, what.Path); err != nil {
		return err
	}
	if err := e.sameRunning(ctx, what.Keep); err != nil {
		return err
	}
	steps := append(holdSteps(a, what.Keep), deleteSteps(a, what.Delete)...)
	var done []string
	for _, s := range append(steps, finishSteps(a)...) {
		fmt.Fprintln(e.stderr, s.doing)
		if err := e.step(ctx, s.words, ""); err != nil {
			return stoppedShort(err, s, done)
		}
		if s.done != "" {
			done = append(done, s.done)
		}
	}
	fmt.Fprintln(e.stderr, "Done. The boot default is")
	_, err := fmt.Fprintln(e.stdout, a.Path)
	return err
}

// sameRunning makes sure that the host runs what it ran when the person saw
// what would be deleted.
func (e *engine) sameRunning(ctx context.Context, keep []string) error {
	words := []string{"readlink", "-f", "/run/current-system"}
	var out strings.Builder
	status, err := e.run(ctx, words, &out)
	if err != nil {
		return err
	}
	if status != 0 || !slices.Contains(keep, strings.TrimSpace(out.String())) {
		return &stepError{words: words, status: max(status, 1), why: "it runs another system by now; nothing was deleted"}
	}
	return nil
}

// holdSteps keep what runs and what was booted while garbage is collected:
// NixOS makes such roots itself, but a host that was brought up in another way
// may lack them.
func holdSteps(a nixcmd.Activation, keep []string) []collectStep {
	steps := []collectStep{{doing: "keeping what runs and what was booted", words: a.RootWords("mkdir", "-p", fleet.PinDir)}}
	for i, path := range keep {
		steps = append(steps, collectStep{doing: "keeping " + path, words: a.RootWords("ln", "-sfn", path, fleet.CollectLink(i))})
	}
	return steps
}

func deleteSteps(a nixcmd.Activation, numbers []int) []collectStep {
	if len(numbers) == 0 {
		return nil
	}
	said := make([]string, len(numbers))
	for i, n := range numbers {
		said[i] = strconv.Itoa(n)
	}
	which, were := "generation "+said[0], " was deleted"
	if len(said) > 1 {
		which, were = "generations "+strings.Join(said, ", "), " were deleted"
	}
	return []collectStep{{doing: "deleting " + which, done: which + were, words: a.DeleteWords(numbers)}}
}

func finishSteps(a nixcmd.Activation) []collectStep {
	return []collectStep{
		{doing: "collecting the garbage", done: "the garbage was collected", words: a.RootWords("nix-store", "--gc", "--quiet")},
		{doing: "writing the boot menu", done: "the boot menu was written", words: a.SwitchWords(true)},
		{doing: "letting go of what was kept", words: a.RootWords("rm", "-f", fleet.CollectLink(0), fleet.CollectLink(1))},
	}
}

// stoppedWords begin the line that says how far a collection came.
const stoppedWords = "it stopped while "

// stoppedShort says where a collection was when it failed, and what was done.
func stoppedShort(err error, s collectStep, done []string) error {
	until := "nothing was deleted"
	if len(done) > 0 {
		until = strings.Join(done, ", ")
	}
	why := stoppedWords + s.doing + "; before that " + until
	var failed *stepError
	if !errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", why, err)
	}
	failed.why = why
	return failed
}

// judgeCollected judges a collection. What the host runs and would boot is not
// touched by one, so it tells nothing; each step can be done again.
func (e evidence) judgeCollected(v *Verdict) {
	v.Decisive = e.found.Decisive
	const again = "Do it again when it answers: what is done already is passed over, and the boot menu is mended."
	switch {
	case e.wentWell():
		v.Outcome, v.Decisive, v.Changed = OutcomeOK, nil, true
	case e.cancel && e.stopped() == "":
		v.Outcome, v.Decisive = OutcomeCancelled, nil
		v.Reason = "cancelled before its end"
		v.Hint = again
	case e.cutOff(), e.after == nil:
		v.Outcome = OutcomeFailed
		v.Reason = "the connection was lost" + e.asFarAs()
		v.Hint = again
	default:
		v.Outcome = OutcomeFailed
		v.Reason = "it failed" + e.asFarAs()
		v.Hint = firstOf(e.found.Hint, "Its log says why: `nixfleet-tui runs show`. Then do it again: what is done already is passed over.")
	}
}

// stopped is the engine's line about where it stopped, or "".
func (e evidence) stopped() string {
	for _, line := range e.found.Decisive {
		if _, where, ok := strings.Cut(line, stoppedWords); ok {
			return where
		}
	}
	return ""
}

// asFarAs says how far a collection came, as far as that was told.
func (e evidence) asFarAs() string {
	if where := e.stopped(); where != "" {
		return " while " + where
	}
	if len(e.found.Decisive) > 0 {
		return ": " + strings.TrimPrefix(e.found.Decisive[0], "error: ")
	}
	return ""
}
