package cli

import (
	"encoding/json"
	"io"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/rollout"
)

// documentVersion is the version of the JSON documents of this package
// (docs/json.md): fields may be added, never changed.
const documentVersion = 1

// writeJSON prints one document, indented for people who look at it too.
func writeJSON(w io.Writer, document any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(document)
}

// runsJSON is the document of `runs --json`.
type runsJSON struct {
	Version int       `json:"version"`
	Runs    []runJSON `json:"runs"`
}

type runJSON struct {
	ID       string         `json:"id"`
	Action   nixcmd.Action  `json:"action"`
	State    string         `json:"state"` // running, ended, lost, broken
	Created  *time.Time     `json:"created"`
	Ended    *time.Time     `json:"ended"`    // null while it goes on
	ExitCode *int           `json:"exitCode"` // null while it goes on
	User     string         `json:"user"`
	On       string         `json:"on"`
	Flake    string         `json:"flake"`
	Revision *string        `json:"revision"`
	Dirty    bool           `json:"dirty"`
	Dir      string         `json:"dir"`
	Broken   string         `json:"broken"` // what is missing or cut, or ""
	Hosts    []runsHostJSON `json:"hosts"`
}

type runsHostJSON struct {
	Name    string           `json:"name"`
	Phase   nixcmd.Phase     `json:"phase"`
	Verdict *rollout.Outcome `json:"verdict"` // null: not ended
	Reason  string           `json:"reason"`
	Log     string           `json:"log"`
}

func runsDocument(views []rollout.View) runsJSON {
	doc := runsJSON{Version: documentVersion, Runs: []runJSON{}}
	for _, v := range views {
		doc.Runs = append(doc.Runs, runDocument(v))
	}
	return doc
}

func runDocument(v rollout.View) runJSON {
	r := runJSON{ID: v.Plan.ID, Action: v.Plan.Action, State: runMark(v).word, User: v.Plan.User, On: v.Plan.On,
		Flake: v.Plan.Flake.Pinned, Dirty: v.Plan.Flake.Dirty, Dir: v.Dir, Broken: v.Broken, Hosts: []runsHostJSON{}}
	if v.Unreadable() {
		r.State = "broken"
	}
	if !v.Plan.Created.IsZero() {
		r.Created = &v.Plan.Created
	}
	if v.Plan.Flake.Revision != "" {
		r.Revision = &v.Plan.Flake.Revision
	}
	if v.Over() {
		r.Ended, r.ExitCode = &v.Ended, &v.ExitCode
	}
	for _, t := range v.Tasks {
		h := runsHostJSON{Name: t.Host, Phase: t.Phase, Reason: t.Reason, Log: rollout.LogPath(v.Dir, t.Host)}
		if t.Verdict != nil {
			h.Verdict, h.Reason = &t.Verdict.Outcome, t.Verdict.Reason
		}
		r.Hosts = append(r.Hosts, h)
	}
	return r
}
