package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// tell prints findings before anything is started, level by level.
func (o *actionOptions) tell(plan *rollout.Plan, levels ...rollout.Level) {
	words := map[rollout.Level]string{rollout.LevelConfirm: "to confirm", rollout.LevelBlocker: "refused"}
	for _, level := range levels {
		writeFolded(o.IO, o.IO.Err, plan, plan.FindingsOf(level), words)
	}
}

// writeFindings prints what was found before a run, after it.
func writeFindings(s *IO, w io.Writer, plan *rollout.Plan) {
	words := map[rollout.Level]string{rollout.LevelConfirm: "confirmed", rollout.LevelBlocker: "refused"}
	if len(plan.Findings) > 0 {
		fmt.Fprintf(w, "\npreflight found:\n")
	}
	writeFolded(s, w, plan, plan.Findings, words)
}

// writeFolded prints what was found of several hosts alike once.
func writeFolded(s *IO, w io.Writer, plan *rollout.Plan, findings []rollout.Finding, words map[rollout.Level]string) {
	alike := fleet.Alike(findings, func(f rollout.Finding) rollout.Finding { f.Host = ""; return f })
	for _, same := range alike {
		writeFinding(s, w, plan, same, words[same[0].Level])
	}
}

// writeFinding prints what was found alike: what became of it, which hosts it is
// about, and a hint. Its level is the word for what only has to be known. Holes
// in how a host guards root are red.
func writeFinding(s *IO, w io.Writer, plan *rollout.Plan, same []rollout.Finding, word string) {
	i, f := plain, same[0]
	switch {
	case f.Check == rollout.CheckSecurity:
		word, i = "security", bad
	case word == "":
		word = string(f.Level)
	case plan.Insist:
		word = "insisted"
	}
	if f.Host != "" {
		word += ": " + text.Line(plan.Naming(hostsOf(same)))
	}
	s.tell(w, "", s.painter(w)(i, word+": "+stopped(f.Message)))
	s.hint(w, f.Hint)
}

// refusal is why nothing is started, or nil. What would go wrong for sure is
// refused, and so is what a person would have to confirm when nobody is asked.
func (o *actionOptions) refusal(plan *rollout.Plan) error {
	blocked, unsure := hostsOf(plan.FindingsOf(rollout.LevelBlocker)), hostsOf(plan.FindingsOf(rollout.LevelConfirm))
	switch {
	case o.Insist:
	case len(blocked) > 0 && onlyBusy(plan):
		return &Failure{
			Message: fmt.Sprintf("nothing was started: others are at %s of %d: %s", count(len(blocked), "host"), len(plan.Hosts), strings.Join(blocked, ", ")),
			Hint:    "Add --wait-for-others to wait for their turn" + o.without(blocked, plan) + ", or add --insist to try all the same.",
		}
	case len(blocked) > 0:
		return &Failure{
			Message: fmt.Sprintf("nothing was started: it would fail on %s of %d: %s", count(len(blocked), "host"), len(plan.Hosts), strings.Join(blocked, ", ")),
			Hint:    "Mend what is said above" + o.without(blocked, plan) + ", or add --insist to try all the same.",
		}
	case len(unsure) > 0 && o.Yes:
		return &Failure{
			Message: fmt.Sprintf("nothing was started: %s must be confirmed by name: %s", count(len(unsure), "host"), strings.Join(unsure, ", ")),
			Hint:    "Run it on a terminal without --yes to be asked" + o.without(unsure, plan) + ", or add --insist.",
		}
	}
	return nil
}

// onlyBusy says whether nothing is in the way but others that are at the hosts,
// whose end can be waited for.
func onlyBusy(plan *rollout.Plan) bool {
	return !slices.ContainsFunc(plan.FindingsOf(rollout.LevelBlocker), func(f rollout.Finding) bool { return f.Check != rollout.CheckBusy })
}

// without says how to leave some of the plan's hosts out, as it would be
// typed; "" when none would be left.
func (o *actionOptions) without(names []string, plan *rollout.Plan) string {
	const shown = 3
	switch {
	case len(names) == len(plan.Hosts):
		return ""
	case !strings.ContainsAny(o.On, "*?[!@:"): // nothing but names
		rest := slices.DeleteFunc(hostNames(plan.Hosts), func(name string) bool { return slices.Contains(names, name) })
		return ", leave them out (`--on " + strings.Join(rest, ",") + "`)"
	case len(names) > shown:
		return ", leave them out (--on '" + o.On + ",!…')"
	}
	return ", leave them out (--on '" + o.On + ",!" + strings.Join(names, ",!") + "')"
}

func hostNames(hosts []rollout.PlanHost) []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return names
}

// hostsOf are the hosts that findings are about, each once, in their order.
func hostsOf(findings []rollout.Finding) []string {
	var names []string
	for _, f := range findings {
		if !slices.Contains(names, f.Host) {
			names = append(names, f.Host)
		}
	}
	return names
}

// ask waits for the person's word: a yes, or the names of the hosts that must
// be confirmed by name. Anything else is a no, and so is a signal: the logins that
// were made for the run must be ended.
func (o *actionOptions) ask(ctx context.Context, plan *rollout.Plan) bool {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	names := hostsOf(plan.FindingsOf(rollout.LevelConfirm))
	if len(names) > 0 && !o.Insist {
		fmt.Fprintf(o.IO.Err, "To go ahead, type the names of the hosts to confirm (%s): ", text.Line(strings.Join(names, ", ")))
	} else {
		names = nil
		fmt.Fprintf(o.IO.Err, "Go ahead? [y/N] ")
	}
	answer, err := readLine(ctx, o.IO.In)
	if err != nil {
		fmt.Fprintln(o.IO.Err)
	}
	if ctx.Err() != nil {
		return false
	}
	if names != nil {
		return sameNames(strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }), names)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func sameNames(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
