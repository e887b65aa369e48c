package cli

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/rollout"
)

// changesJSON is what --diff --json tells of a host between the events of the
// preview and those of the run that activates it.
type changesJSON struct {
	Version    int               `json:"version"`
	Time       time.Time         `json:"time"`
	Run        string            `json:"run"` // the preview
	Host       string            `json:"host"`
	Event      string            `json:"event"`
	From       string            `json:"from"`       // the system that it runs
	To         string            `json:"to"`         // the one that is activated next
	SizeDelta  *int64            `json:"sizeDelta"`  // of the closure, in bytes; null: not known
	Packages   []packageDiffJSON `json:"packages"`   // null: not known
	Activation []string          `json:"activation"` // what activating would do, as it says itself; null: not known
	Error      string            `json:"error"`      // why something is not known
}

func (c hostChanges) event(run string, at time.Time) changesJSON {
	e := changesJSON{Version: documentVersion, Time: at, Run: run, Host: c.host, Event: "diff", From: c.found.from.path, To: c.found.to.path}
	var unknown []string
	if c.compared {
		delta := c.found.size - c.found.sizeFrom
		e.SizeDelta, e.Packages = &delta, packageDiffs(c.found.changes)
	} else {
		unknown = append(unknown, c.sum)
	}
	if c.told {
		e.Activation = listed(c.units)
	} else {
		unknown = append(unknown, c.units...)
	}
	e.Error = strings.Join(unknown, "; ")
	return e
}

// writeChangeEvents prints what activating would change, one line for each host.
func writeChangeEvents(w io.Writer, run string, at time.Time, all []hostChanges) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, c := range all {
		if err := enc.Encode(c.event(run, at)); err != nil {
			return err
		}
	}
	return nil
}

// prelude prints the events of a run that another one follows, but for its end:
// who reads a stream reads it until there is one.
type prelude struct {
	jsonDisplay
	end []rollout.Event
}

func (d *prelude) update(events []rollout.Event, v rollout.View) error {
	if i := slices.IndexFunc(events, func(e rollout.Event) bool { return e.Event == rollout.EventEnd }); i >= 0 {
		events, d.end = events[:i], events[i:]
	}
	return d.jsonDisplay.update(events, v)
}

// previewDisplay is how this command shows a preview, and what tells that no
// other run follows it.
func (o *actionOptions) previewDisplay() (show display, isAll func() error) {
	if !o.JSON {
		return newDisplay(o.Program, o.Plain, false), func() error { return nil }
	}
	d := &prelude{jsonDisplay: jsonDisplay{out: o.IO.Out, err: o.IO.Err}}
	return d, func() error { return d.jsonDisplay.update(d.end, rollout.View{}) }
}
