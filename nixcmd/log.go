package nixcmd

import "time"

// Phase is how far a nixos-rebuild has come.
type Phase string

// The phases of a task, in order.
const (
	PhaseQueued     Phase = "queued"
	PhasePreparing  Phase = "preparing"
	PhaseEvaluating Phase = "evaluating"
	PhaseCopying    Phase = "copying"
	PhaseBuilding   Phase = "building"
	PhaseActivating Phase = "activating"
	PhaseVerifying  Phase = "verifying"
	PhaseDone       Phase = "done"
)

// Progress counts what a run of Nix has done and still expects. Zero expected
// means not known.
type Progress struct {
	BuildsDone     int      `json:"buildsDone"`
	BuildsExpected int      `json:"buildsExpected"`
	CopiesDone     int      `json:"copiesDone"`
	CopiesExpected int      `json:"copiesExpected"`
	BytesDone      int64    `json:"bytesDone"`
	BytesExpected  int64    `json:"bytesExpected"`
	Building       []string `json:"building,omitempty"` // derivation names, oldest first
}

// Findings are what the log of a task says about how it ended.
type Findings struct {
	Evaluated      bool     // a copy or build line was seen: evaluation is over
	ProfileCommand bool     // activation's first step was announced or must have begun
	SwitchStarted  bool     // switch-to-configuration printed something
	SwitchPath     string   // the system in "Command 'PATH/bin/switch-to-configuration …'"
	System         string   // toplevel store path seen in copy or build lines, or ""
	SystemDrv      string   // toplevel derivation, or ""
	FailedUnits    []string // from "warning: the following units failed: …"
	ActivateFailed bool     // "Failed to run activate script"
	NeedsReboot    bool     // exit-100 text: takes effect only after a reboot
	LostConnection bool     // ssh said that the link broke
	ChildStatus    int      // N of the last "Command '…' returned non-zero exit status N."; -1 if none
	Decisive       []string // the lines that say why it failed, best first, at most 30
	Hint           string   // what to do about it, "" if nothing is known
	Asked          bool     // a question was asked that nobody could answer
}

// LogDecoder reads what nixos-rebuild prints on stderr, as it comes, and keeps
// phase, progress and findings. It is not safe for concurrent use.
type LogDecoder struct{}

// NewLogDecoder returns a decoder. now gives the time, for durations.
func NewLogDecoder(action Action, now func() time.Time) *LogDecoder { panic("soon") }

// Write takes the next bytes of the log; lines may be split anywhere. It
// appends to readable, and returns, the readable form: build log lines as
// "name> line", messages without their wrapping, everything else as it came,
// sanitized but for colours, one line each, `\r` replaced. The error is always nil.
func (d *LogDecoder) Write(readable, p []byte) []byte { panic("soon") }

// Close ends a last line without newline and returns its readable form.
func (d *LogDecoder) Close(readable []byte) []byte { panic("soon") }

// Phase is the phase that the log has reached.
func (d *LogDecoder) Phase() Phase { panic("soon") }

// Progress is the present count.
func (d *LogDecoder) Progress() Progress { panic("soon") }

// Findings are what was found so far.
func (d *LogDecoder) Findings() Findings { panic("soon") }
