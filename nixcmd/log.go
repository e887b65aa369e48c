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
	BuildsDone     int            `json:"buildsDone"`
	BuildsExpected int            `json:"buildsExpected"`
	CopiesDone     int            `json:"copiesDone"`
	CopiesExpected int            `json:"copiesExpected"`
	BytesDone      int64          `json:"bytesDone"`
	BytesExpected  int64          `json:"bytesExpected"`
	Building       []string       `json:"building,omitempty"` // derivation names, oldest first
	Builds         []RunningBuild `json:"builds,omitempty"`   // the same, with what else is known
	Download       string         `json:"download,omitempty"` // what is being fetched or copied, the latest begun
}

// RunningBuild is a derivation that is being built.
type RunningBuild struct {
	Name    string    `json:"name"`
	Machine string    `json:"machine,omitempty"` // store URL of a builder; "" where Nix runs
	Step    string    `json:"step,omitempty"`    // stdenv's phase, such as "buildPhase"
	Since   time.Time `json:"since"`
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
	Done           bool     // nixos-rebuild's last word was seen: all that it had to do is done
	Asked          bool     // a question was asked that nobody could answer
}
