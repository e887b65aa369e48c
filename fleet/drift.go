package fleet

// Drift says how what a host runs stands to what the flake wants.
type Drift string

// The drifts, in the words that `--on drift:` takes.
const (
	DriftUnknown     Drift = "unknown"
	DriftInSync      Drift = "in-sync"      // it runs what the flake wants
	DriftBehind      Drift = "behind"       // it runs something older, or of another tree that we know
	DriftAhead       Drift = "ahead"        // it runs a descendant of ours
	DriftDiverged    Drift = "diverged"     // it runs what is not in our history
	DriftBootPending Drift = "boot-pending" // the profile was set since the boot; a reboot makes it run
	DriftOlderBooted Drift = "older-booted" // somebody chose an older entry at the boot
	DriftTesting     Drift = "testing"      // activated without becoming the profile
)

// History is how a host's configuration revision stands to the flake's.
type History string

// The relations. HistoryUnknown also when either revision is not known.
const (
	HistoryUnknown   History = ""
	HistoryAncestor  History = "ancestor"  // the host's is in our past, or ours
	HistoryDescends  History = "descends"  // the host's descends from ours
	HistoryUnrelated History = "unrelated" // the host's is not in our history
)

// Judge derives the drift of a host from what it runs and what is wanted.
// history says how the host's configuration revision stands to ours.
func Judge(r Reading, wanted string, history History) Drift {
	switch {
	case r.Current == "" || r.Profile == "":
		return DriftUnknown
	case r.Current != r.Profile:
		return judgeProfile(r)
	case wanted == "":
		return DriftUnknown
	case r.Current == wanted:
		return DriftInSync
	case history == HistoryDescends:
		return DriftAhead
	case history == HistoryUnrelated:
		return DriftDiverged
	}
	return DriftBehind
}

// judgeProfile tells apart the ways in which a host can run something else
// than its profile.
func judgeProfile(r Reading) Drift {
	set := r.ProfileAt
	if r.GenerationAt.After(set) {
		set = r.GenerationAt
	}
	switch {
	case r.Booted == "":
		return DriftUnknown
	case r.Current != r.Booted:
		return DriftTesting
	case set.IsZero() || r.BootedAt.IsZero():
		return DriftUnknown
	case set.Before(r.BootedAt):
		return DriftOlderBooted
	}
	// Set after the boot, or in the second of it: times are in whole seconds, and
	// the entry that an older one was chosen over had been there for longer.
	return DriftBootPending
}
