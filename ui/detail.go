package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// detailPage collects what is known of a host in rows of w cells.
type detailPage struct {
	*brush
	known *known
	now   time.Time
	w     int
	brief bool // there is little room: what is wrong, or else the state
	rows  []string
	wrong int // how many of them tell what is wrong
}

// of is all that is known of a host, the most important first: where there is
// room for few rows, few are shown.
func (d *detailPage) of(h *host) []string {
	if !d.brief {
		d.head(h)
	}
	d.findings(h)
	d.wrong = len(d.rows)
	if d.brief && len(d.rows) == 0 {
		d.head(h)
	}
	d.risks(h)
	d.systems(h)
	d.last(h)
	d.sudo(h)
	d.machine(h)
	d.about(h)
	for i := range d.rows {
		d.rows[i] = text.Fit(d.rows[i], d.w)
	}
	return d.rows
}

// labelled adds a row with a faint label before it.
func (d *detailPage) labelled(label, value string) {
	if value != "" {
		d.rows = append(d.rows, " "+d.paint(faint, fmt.Sprintf("%-9s", label))+value)
	}
}

// say adds a sentence, wrapped, with a sign before it and its hint below.
func (d *detailPage) say(s sign, message, hint string) {
	for i, line := range wrap(message, d.w-4) {
		edge := "   "
		if i == 0 {
			edge = " " + d.paint(s.ink, d.shape(s)) + " "
		}
		d.rows = append(d.rows, edge+d.paint(s.ink, line))
	}
	for _, line := range wrap(hint, d.w-4) {
		d.rows = append(d.rows, "   "+line)
	}
}

// head is the state in one row.
func (d *detailPage) head(h *host) {
	s := h.sign()
	words := []segment{{d.paint(s.ink, d.label(s)), 0}}
	if drift := driftSign(h.drift); h.drift != fleet.DriftUnknown && h.drift != "" {
		words = append(words, segment{d.paint(drift.ink, d.label(drift)), 1})
	}
	if h.needsReboot() {
		r := rebootSign()
		words = append(words, segment{d.paint(r.ink, d.label(r)), 2})
	}
	if sys := h.system(); sys != "" {
		words = append(words, segment{text.Line(sys), 3})
	}
	if h.asked() {
		words = append(words, segment{d.paint(faint, "asked "+agoOf(h.status.AsOf, d.now)), 4})
	}
	d.rows = append(d.rows, " "+row(words, "  ", d.w-1))
}

// findings are what is wrong, each with what can be done.
func (d *detailPage) findings(h *host) {
	if h.status.Error != "" {
		hint := sentence(h.status.Hint)
		if h.status.KeyUnknown() {
			hint = "If this is its fingerprint, K has ssh ask you and remember it."
		}
		d.say(h.sign(), sentence(h.status.Error), hint)
	}
	if units := h.status.Reading.FailedUnits; len(units) > 0 {
		d.say(sign{"▲", "!", "", bad}, count(len(units), "unit has failed", "units have failed")+": "+strings.Join(safe(units), ", "),
			"s opens a shell there; `systemctl status UNIT` says why.")
	}
	if h.facts.EvalError != "" {
		d.say(sign{"▲", "!", "", bad}, "Its configuration cannot be evaluated: "+clause(h.facts.EvalError), "u evaluates again.")
	}
	if h.Frozen != "" {
		d.say(sign{"■", "#", "", warn}, "Frozen: "+clause(h.Frozen), "")
	}
	if message, hint := driftAdvice(h.drift); message != "" {
		d.say(driftSign(h.drift), message, hint)
	}
	if h.needsReboot() {
		d.say(rebootSign(), "Its next boot has another kernel, initrd or modules.", "It takes effect with a reboot; R does that.")
	}
}

// driftAdvice says what a drift means, and what to do.
func driftAdvice(d fleet.Drift) (message, hint string) {
	switch d {
	case fleet.DriftBehind:
		return "It runs something older than the flake wants.", "d deploys."
	case fleet.DriftAhead:
		return "It runs a later revision than this checkout.", "Pull before you deploy."
	case fleet.DriftDiverged:
		return "It runs a revision that is not in this history: a deployment from here would undo a colleague's.", "Find out where it came from before you deploy."
	case fleet.DriftBootPending:
		return "A new system is installed for the next boot.", "R reboots it; or d and switch to activate now."
	case fleet.DriftOlderBooted:
		return "It was booted into an older generation than the newest one.", "R reboots it; or d and switch."
	case fleet.DriftTesting:
		return "What runs was activated for a test and is gone after a reboot.", "d and switch keeps it."
	}
	return "", ""
}

// systems are W, P, C and B, and which of them are the same.
func (d *detailPage) systems(h *host) {
	r := h.status.Reading
	if r.Current == "" && h.facts.Wanted == "" {
		return
	}
	d.rows = append(d.rows, "")
	running := storeHash(r.Current)
	if r.Label != "" {
		running += "  " + text.Line(r.Label)
	}
	d.labelled("running", running)
	same := func(path string) string {
		switch {
		case path == "":
			return ""
		case r.Current == "":
			return storeHash(path)
		case path == r.Current:
			return storeHash(path) + d.paint(faint, "  the same")
		}
		return storeHash(path) + d.paint(warn, "  another")
	}
	profile := same(r.Profile)
	if profile != "" && r.Generation > 0 {
		profile += fmt.Sprintf("  gen %d, %s old", r.Generation, ageOf(r.GenerationAt, d.now))
		if r.ProfileAt.Sub(r.GenerationAt) > time.Minute { // somebody went back to it, or forth
			profile += ", set " + agoOf(r.ProfileAt, d.now)
		}
		if r.Generations > 0 {
			profile += fmt.Sprintf(", %d kept", r.Generations)
		}
	}
	d.labelled("profile", profile)
	d.labelled("booted", same(r.Booted))
	d.labelled("wanted", d.wanted(h, same))
	d.labelled("revision", text.Line(short(r.Revision)))
}

func (d *detailPage) wanted(h *host, same func(string) string) string {
	switch h.facts.State {
	case fleet.FactsPending, "":
		return d.paint(faint, "not evaluated yet")
	case fleet.FactsFailed:
		return d.paint(bad, "cannot be evaluated")
	case fleet.FactsStale:
		return same(h.facts.Wanted) + d.paint(faint, "  at "+short(text.Line(h.facts.Revision)))
	}
	return same(h.facts.Wanted)
}

// last is the last run that had a part for the host.
func (d *detailPage) last(h *host) {
	v, t, ok := d.known.lastRun(h.Name)
	if !ok {
		return
	}
	s := taskSign(t)
	line := d.paint(s.ink, d.label(s)) + "  " + text.Line(v.Plan.Called()) + d.paint(faint, "  "+agoOf(v.Plan.Created, d.now))
	if t.Verdict != nil && t.Verdict.Outcome != rollout.OutcomeOK && t.Verdict.Reason != "" {
		line += "  " + text.Line(t.Verdict.Reason)
	}
	d.labelled("last run", line)
}

// machine is what the machine itself says.
func (d *detailPage) machine(h *host) {
	r := h.status.Reading
	if r.At.IsZero() {
		return
	}
	d.rows = append(d.rows, "")
	if r.Uptime > 0 {
		up := text.Age(r.Uptime)
		if r.CPUs > 0 {
			up += fmt.Sprintf("  load %.2f %.2f %.2f of %d", r.Load[0], r.Load[1], r.Load[2], r.CPUs)
		}
		d.labelled("up for", up)
	}
	if r.MemTotal > 0 {
		d.labelled("memory", fmt.Sprintf("%s free of %s", size(r.MemAvailable), size(r.MemTotal)))
	}
	mounts := make([]string, 0, len(r.Disks))
	for m := range r.Disks {
		mounts = append(mounts, m)
	}
	slices.Sort(mounts)
	for _, m := range mounts {
		d.labelled(text.Truncate(text.Line(m), 8), d.disk(r.Disks[m]))
	}
	d.labelled("kernel", text.Line(r.Kernel))
	d.labelled("nix", text.Line(strings.TrimPrefix(r.Nix, "nix (Nix) ")))
	if r.Builds > 0 {
		d.labelled("builds", count(r.Builds, "running", "running"))
	}
}

// lowDisk is the share of free space from which a disk is worth a word.
const lowDisk = 0.1

func (d *detailPage) disk(k fleet.Disk) string {
	s := fmt.Sprintf("%s free of %s", size(k.Free), size(k.Total))
	if k.Total > 0 && float64(k.Free)/float64(k.Total) < lowDisk {
		return d.paint(bad, s+"  nearly full")
	}
	return s
}

// about is what is declared, and how the host is reached.
func (d *detailPage) about(h *host) {
	d.rows = append(d.rows, "")
	d.labelled("address", text.Line(h.Address))
	via := text.Line(h.status.Via)
	if via != "" && h.status.Latency > 0 {
		via += "  " + latencyCell(nil, h).text
	}
	d.labelled("reached", via)
	if words := h.latencies.words(); words != "" && len(h.latencies) > 1 {
		d.labelled("answers", d.paint(busy, d.history(h.latencies, min(readingsKept, d.w/2)))+d.paint(faint, "  "+words))
	}
	d.labelled("tags", text.Line(strings.Join(h.Tags, " ")))
	if h.BuildOn != "" && h.BuildOn != "target" {
		d.labelled("built on", text.Line(h.BuildOn))
	}
	if b, is := d.known.builderOn(h.Name); is {
		s := healthSign(b.Health)
		d.labelled("builder", d.paint(s.ink, d.label(s))+"  "+slots(b)+"  "+text.Line(systems(b.Builder.Systems)))
	}
}

// hostPlace is one host over the whole screen.
type hostPlace struct {
	known *known
	*brush
	now    func() time.Time
	w, h   int
	name   string
	scroll int
	length int
}

func (p *hostPlace) scopes() []scope {
	return []scope{scopeHost, scopeList, scopePlaces, scopeEverywhere}
}

func (p *hostPlace) setSize(w, h int) { p.w, p.h = w, h }

func (p *hostPlace) back() bool { return false }

func (p *hostPlace) move(m motion) {
	if m == moveBottom {
		p.scroll = p.length // as far as rows allows
		return
	}
	p.scroll = m.apply(p.scroll, max(1, p.length-p.h+2), p.h)
}

func (p *hostPlace) rows() []string {
	h := p.known.host(p.name)
	body := (&detailPage{brush: p.brush, known: p.known, now: p.now(), w: p.w}).of(h)
	p.length = len(body)
	p.scroll = max(0, min(p.scroll, len(body)-p.h+1))
	note := ""
	if below := len(body) - p.h + 1 - p.scroll; below > 0 {
		note = fmt.Sprintf("%d more rows", below)
	}
	rows := append([]string{p.rule("host "+text.Line(p.name), note, p.w)}, body[p.scroll:]...)
	return exactly(rows, p.w, p.h)
}
