package fleet

import (
	"time"

	"nixfleet-tui/sshutil"
)

// statusVersion is the version of the status document. Fields may be added to
// it, never changed.
const statusVersion = 1

// StatusDocument is what `status --json` prints. A null is a thing not known.
type StatusDocument struct {
	Version  int               `json:"version"`
	Hosts    []HostDocument    `json:"hosts"`
	Builders []BuilderDocument `json:"builders"`
}

// HostDocument is one host in it. Error and Hint are the connection's,
// EvalError the evaluation's.
type HostDocument struct {
	Name                  string              `json:"name"`
	System                *string             `json:"system"`
	State                 State               `json:"state"`
	Error                 string              `json:"error"`
	Hint                  string              `json:"hint"`
	EvalError             string              `json:"evalError"`
	AsOf                  *time.Time          `json:"asOf"`
	Generation            *GenerationDocument `json:"generation"`
	NixosVersion          *string             `json:"nixosVersion"`
	ConfigurationRevision *string             `json:"configurationRevision"`
	Running               *string             `json:"running"`
	Profile               *string             `json:"profile"`
	Booted                *string             `json:"booted"`
	Wanted                *string             `json:"wanted"`
	Drift                 Drift               `json:"drift"`
	Facts                 Freshness           `json:"facts"`
	RebootNeeded          *bool               `json:"rebootNeeded"`
	FailedUnits           []string            `json:"failedUnits"`
	Tags                  []string            `json:"tags"`
	Via                   *string             `json:"via"`
	LatencyMs             *float64            `json:"latencyMs"`
	Sudo                  *SudoDocument       `json:"sudo"`
}

// SudoDocument is what was foretold of sudo on a host, without asking it.
type SudoDocument struct {
	Outlook sshutil.SudoOutlook `json:"outlook"`
	By      sshutil.SudoMeans   `json:"by"`
	Touch   bool                `json:"touch"`
	Until   *time.Time          `json:"until"`
	Key     string              `json:"key"`
	Reason  string              `json:"reason"`
	Hint    string              `json:"hint"`
	Risks   []RiskDocument      `json:"risks"`
}

// RiskDocument is a hole in how a host guards root.
type RiskDocument struct {
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// GenerationDocument is a generation of a host's system profile.
type GenerationDocument struct {
	Number  int        `json:"number"`
	Created *time.Time `json:"created"`
}

// BuilderDocument is one builder in the status document.
type BuilderDocument struct {
	Name    string        `json:"name"`
	Systems []string      `json:"systems"`
	Health  Health        `json:"health"`
	Rung    Rung          `json:"rung"`
	Reason  string        `json:"reason"`
	Hint    string        `json:"hint"`
	Slots   SlotsDocument `json:"slots"`
}

// SlotsDocument counts a builder's places.
type SlotsDocument struct {
	Busy *int `json:"busy"`
	Max  *int `json:"max"`
}

// NewStatusDocument writes down rows and builders, in their order.
func NewStatusDocument(rows []Row, builders []BuilderHealth) StatusDocument {
	doc := StatusDocument{Version: statusVersion, Hosts: make([]HostDocument, 0, len(rows)), Builders: make([]BuilderDocument, 0, len(builders))}
	for _, row := range rows {
		doc.Hosts = append(doc.Hosts, hostDocument(row))
	}
	for _, b := range builders {
		doc.Builders = append(doc.Builders, BuilderDocument{
			Name: b.Builder.Name, Systems: orEmpty(b.Builder.Systems), Health: b.Health, Rung: b.Rung,
			Reason: b.Reason, Hint: b.Hint, Slots: SlotsDocument{Busy: b.Busy, Max: known(b.Builder.MaxJobs)},
		})
	}
	return doc
}

func hostDocument(row Row) HostDocument {
	s, r := row.Status, row.Status.Reading
	d := HostDocument{
		Name: row.Host.Name, System: known(row.System()), State: orUnknown(s.State), Error: s.Error, Hint: s.Hint,
		EvalError: row.Facts.EvalError, AsOf: knownTime(s.AsOf), NixosVersion: known(r.Label),
		ConfigurationRevision: known(r.Revision), Running: known(r.Current), Profile: known(r.Profile), Booted: known(r.Booted),
		Wanted: known(row.Facts.Wanted), Drift: row.Drift(), Facts: keep(row.Facts.State, FactsPending),
		RebootNeeded: r.Reboot, FailedUnits: r.FailedUnits, Tags: orEmpty(row.Host.Tags), Via: known(s.Via),
	}
	if r.Generation != 0 {
		d.Generation = &GenerationDocument{Number: r.Generation, Created: knownTime(r.GenerationAt)}
	}
	if s.Latency > 0 {
		const perMillisecond = 10 // one decimal
		ms := float64(s.Latency.Round(time.Millisecond/perMillisecond)) / float64(time.Millisecond)
		d.LatencyMs = &ms
	}
	if row.Sudo.Outlook != sshutil.SudoNotForeseen {
		d.Sudo = sudoDocument(row.Sudo)
	}
	return d
}

func sudoDocument(f SudoForecast) *SudoDocument {
	d := &SudoDocument{Outlook: f.Outlook, By: f.By, Touch: f.Touch, Until: knownTime(f.Until), Key: f.Key, Reason: f.Reason, Hint: f.Hint, Risks: []RiskDocument{}}
	for _, r := range f.Risks {
		d.Risks = append(d.Risks, RiskDocument(r))
	}
	return d
}

// known is a pointer to v, or nil where v is zero.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func knownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
