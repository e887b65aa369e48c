package rollout

import (
	"fmt"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// evidence is all that a verdict is made of.
type evidence struct {
	action     nixcmd.Action
	exit       *int // nil: the exit status was lost
	phase      nixcmd.Phase
	idle       bool // evaluated, and no build or copy was running: it may have been setting the profile
	found      nixcmd.Findings
	out        string         // store path on stdout, printed after all else went well
	wanted     string         // W at the pinned flake, or ""
	before     *Before        // nil: the host was not read before
	after      *fleet.Reading // nil: the host could not be read afterwards
	afterErr   error          // why not
	unitEnded  bool           // the journal told how the activation's unit ended
	unitStatus int
	cancel     bool  // somebody asked to cancel
	valid      bool  // for a build: the path is there where it was built
	validErr   error // why that is not known
	touches    bool  // the host itself is part of the action (not so for a local build)
	log        string
}

// judge turns evidence into a verdict. It is a pure function: exit code ×
// phase × what the host says afterwards, never the exit code alone.
func judge(e evidence) Verdict {
	v := Verdict{ExitCode: e.exit, Phase: e.phase, Log: e.log, System: e.built()}
	if e.after != nil {
		v.Profile, v.Running = e.after.Profile, e.after.Current
		v.RebootNeeded = e.after.Reboot != nil && *e.after.Reboot
		v.ProfileMoved = e.profileMoved()
		v.Changed = v.ProfileMoved || e.before != nil && e.before.Running != e.after.Current
	}
	switch {
	case e.action == nixcmd.Reboot:
		e.judgeRebooted(&v)
	case e.action == nixcmd.Collect:
		e.judgeCollected(&v)
	case e.wentWell():
		e.judgeSuccess(&v)
	case e.unitsFailed():
		e.judgeUnits(&v)
	case e.exit != nil && *e.exit == exitReboot || e.found.NeedsReboot:
		e.judgeReboot(&v)
	case e.cancel:
		e.judgeCancelled(&v)
	case e.lost():
		e.judgeLost(&v)
	default:
		e.judgeFailure(&v)
	}
	return v
}

// switch-to-configuration's exit codes that mean something of their own.
const (
	exitUnits  = 4   // the configuration is active, but units failed
	exitReboot = 100 // it takes effect only after a reboot
	exitSSH    = 255 // ssh failed: the command's own status never came
	exitPanic  = 101 // switch-to-configuration died of its closed pipe
	exitSignal = 128 // and n: ended by signal n
)

// What to do about what is not known yet.
const (
	hintLater = "It may have changed. Look at it again when it answers: `nixfleet-tui runs`."
	hintEnded = "Look at it again when it has ended: `nixfleet-tui runs`."
)

// hintUnits is how to find out why units failed; it names none if the log did not.
func hintUnits(units []string) string {
	if len(units) == 0 {
		return "See which on the host: systemctl --failed"
	}
	return "See why on the host: systemctl status " + strings.Join(units, " ")
}

// built is N, the system that was built: the first of these that is known.
func (e evidence) built() string {
	switch {
	case e.out != "":
		return e.out
	case e.found.SwitchPath != "":
		return e.found.SwitchPath
	case e.wanted != "":
		return e.wanted
	case e.found.System != "":
		return e.found.System
	case e.profileMoved():
		return e.after.Profile
	}
	return ""
}

func (e evidence) profileMoved() bool {
	return e.before != nil && e.after != nil && e.before.Profile != e.after.Profile
}

// wentWell: nixos-rebuild says so, by its status or, where that was lost, by
// the path that it prints last of all.
func (e evidence) wentWell() bool {
	return e.exit != nil && *e.exit == 0 || e.exit == nil && e.out != ""
}

// unitsFailed: the configuration is said to be active, but for units. The bash
// dialect hides the 4 behind a 1, so the text counts.
func (e evidence) unitsFailed() bool {
	if !e.action.Activates() || e.found.ActivateFailed {
		return false
	}
	return e.exit != nil && *e.exit == exitUnits || len(e.found.FailedUnits) > 0
}

// cutOff: ssh itself gave up.
func (e evidence) cutOff() bool {
	return e.found.LostConnection || e.found.ChildStatus == exitSSH || e.exit != nil && *e.exit == exitSSH
}

// lost: nobody told how it ended, and it may have been changing the host.
func (e evidence) lost() bool {
	if !e.action.Activates() && !e.action.MovesProfile() {
		return false
	}
	untold := e.exit == nil && e.found.ChildStatus <= 0 || e.exit != nil && *e.exit == exitPanic || e.cutOff() || e.killed()
	return untold && e.mayHaveMoved()
}

// killed: a signal ended nixos-rebuild itself, not a command whose status it
// told. What it had started on the host goes on without it.
func (e evidence) killed() bool {
	return e.exit != nil && *e.exit > exitSignal && *e.exit < exitSSH && e.found.ChildStatus <= 0
}

func (e evidence) mayHaveMoved() bool {
	return e.phase == nixcmd.PhaseActivating || e.found.SwitchStarted || e.found.ProfileCommand || e.idle || e.profileMoved()
}

// with is the evidence and what the host said afterwards.
func (e evidence) with(after *fleet.Reading) evidence {
	e.after = after
	return e
}

// settledBy says whether a reading shows all that was to be done as done.
func (e evidence) settledBy(r *fleet.Reading) bool {
	return !r.Switching && e.with(r).inPlace(e.built())
}

// inPlace says whether the host stands as the action wants it to.
func (e evidence) inPlace(built string) bool {
	switch e.action {
	case nixcmd.Switch:
		return e.after.Current == built && e.after.Profile == built
	case nixcmd.Test:
		return e.after.Current == built
	case nixcmd.Boot:
		return e.after.Profile == built
	}
	return true
}

func (e evidence) judgeSuccess(v *Verdict) {
	switch {
	case e.action == nixcmd.Build:
		e.judgeBuild(v)
	case !e.action.Activates() && !e.action.MovesProfile():
		v.Outcome = OutcomeOK
	case e.after == nil:
		v.Outcome = OutcomeUnknown
		v.Reason = "nixos-rebuild ended well, but the host could not be read afterwards: " + errText(e.afterErr)
		v.Hint = "Look at it again with `nixfleet-tui status` when it answers."
	case v.System == "":
		v.Outcome = OutcomeUnknown
		v.Reason = "nixos-rebuild ended well, but did not say which system it installed"
		v.Hint = "Compare the host with the flake: `nixfleet-tui status`."
	case e.inPlace(v.System):
		v.Outcome = OutcomeOK
	default:
		v.Outcome = OutcomeFailed
		v.Reason = "nixos-rebuild ended well, but the host does not have what was built: " + standing(e.after)
		v.Hint = "Somebody else may have deployed at the same time; look at its generations."
	}
}

func (e evidence) judgeBuild(v *Verdict) {
	switch {
	case e.valid:
		v.Outcome = OutcomeOK
	case e.validErr != nil:
		v.Outcome = OutcomeUnknown
		v.Reason = "nixos-rebuild ended well, but where it was built could not be asked: " + errText(e.validErr)
		v.Hint = "Run it again: what is there is not built twice."
	default:
		v.Outcome = OutcomeFailed
		v.Reason = "nixos-rebuild ended well, but what it built is not there"
		v.Hint = "A garbage collection may have taken it; run it again."
	}
}

func (e evidence) judgeUnits(v *Verdict) {
	v.Units = e.found.FailedUnits
	units := strings.Join(v.Units, ", ")
	if units == "" {
		units = "(the log does not name them)"
	}
	switch {
	case e.after == nil:
		v.Outcome = OutcomeUnknown
		v.Reason = "units failed (" + units + "), and the host could not be read afterwards: " + errText(e.afterErr)
		v.Hint = hintLater
	case v.System != "" && e.inPlace(v.System):
		v.Outcome = OutcomeDegraded
		v.Reason = "active, but units failed: " + units
		v.Hint = hintUnits(v.Units)
	default:
		v.Outcome = OutcomeFailed
		v.Reason = "units failed (" + units + "), and the new system is not the running one: " + standing(e.after)
		v.Hint = "See why on the host: journalctl -b -u nixos-rebuild-switch-to-configuration"
	}
	v.Decisive = e.found.Decisive
}

func (e evidence) judgeReboot(v *Verdict) {
	if e.after != nil && v.System != "" && e.after.Profile == v.System {
		v.Outcome, v.RebootNeeded = OutcomeReboot, true
		v.Reason = "installed, but it becomes active only after a reboot"
		v.Hint = "Reboot the host when it suits."
		return
	}
	e.judgeFailure(v)
}

func (e evidence) judgeCancelled(v *Verdict) {
	switch {
	case e.after == nil && e.mayHaveMoved():
		v.Outcome = OutcomeUnknown
		v.Reason = "cancelled, but the host could not be read afterwards: " + errText(e.afterErr)
		v.Hint = hintLater
	case e.after == nil:
		v.Outcome = OutcomeCancelled
		v.Reason = "cancelled while " + string(e.phase) + ", before anything on the host could change"
	case v.Changed:
		v.Outcome = OutcomeFailed
		v.Reason = "cancelled after the profile moved: " + standing(e.after)
		if !v.ProfileMoved {
			v.Reason = "cancelled after the running system changed: " + standing(e.after)
		}
		v.Hint = "Run it again to finish it."
	case e.after.Switching:
		v.Outcome = OutcomeUnknown
		v.Reason = "cancelled, but an activation still runs on the host"
		v.Hint = hintEnded
	default:
		v.Outcome = OutcomeCancelled
		v.Reason = "cancelled while " + string(e.phase) + "; nothing on the host has changed"
	}
}

// judgeLost judges an activation whose end nobody told: by the host alone.
func (e evidence) judgeLost(v *Verdict) {
	v.Decisive = e.found.Decisive
	why := "the exit status was lost"
	switch {
	case e.killed() && !e.found.LostConnection:
		why = "nixos-rebuild was killed"
	case e.found.LostConnection || e.exit != nil:
		why = "the connection was lost while activating"
	}
	switch {
	case e.after == nil:
		v.Outcome = OutcomeUnknown
		v.Reason = why + ", and the host cannot be read: " + errText(e.afterErr)
		v.Hint = hintLater
	case e.after.Switching:
		v.Outcome = OutcomeUnknown
		v.Reason = why + ", and the activation still runs on the host"
		v.Hint = hintEnded
	case e.cameThrough(v.System) && e.leftUnitsFailed():
		v.Outcome, v.Units = OutcomeDegraded, e.after.FailedUnits
		v.Reason = why + "; the host has what was built, but units failed: " + strings.Join(v.Units, ", ")
		v.Hint = hintUnits(v.Units)
	case e.cameThrough(v.System):
		v.Outcome = OutcomeOK
		v.Reason = why + ", but the host has what was built"
	case v.ProfileMoved && e.after.Current != e.after.Profile:
		v.Outcome = OutcomeFailed
		v.Reason = why + ", and the new system is installed but not running"
		v.Hint = "Run it again to finish the activation."
	default:
		v.Outcome = OutcomeFailed
		v.Reason = why + "; " + standing(e.after)
		if e.unitEnded && e.unitStatus != 0 {
			v.Reason += fmt.Sprintf("; its activation exited with %d", e.unitStatus)
		}
		v.Hint = "Run it again."
	}
}

// leftUnitsFailed says whether an activation that nobody saw to its end made
// units fail. What has failed now may have failed before; the journal knows.
func (e evidence) leftUnitsFailed() bool {
	if e.unitEnded {
		return e.unitStatus == exitUnits
	}
	return len(e.after.FailedUnits) > 0
}

// cameThrough says whether an activation that nobody saw to its end reached
// it: the host stands as asked, and the journal, if it tells, does not say
// that the activation itself failed.
func (e evidence) cameThrough(built string) bool {
	failed := e.unitEnded && e.unitStatus != 0 && e.unitStatus != exitUnits
	return built != "" && e.inPlace(built) && !failed
}

func (e evidence) judgeFailure(v *Verdict) {
	v.Outcome = OutcomeFailed
	v.Decisive = e.found.Decisive
	v.Hint = e.found.Hint
	v.Reason = "failed while " + string(e.phase)
	switch {
	case e.cutOff() && len(v.Decisive) == 0:
		v.Reason = "the connection was lost while " + string(e.phase)
		v.Hint = "Look at the network and the host, and run it again."
	case len(v.Decisive) > 0:
		v.Reason += ": " + v.Decisive[0]
	case e.exit == nil:
		v.Reason += ": it was killed before its exit status could be kept"
		v.Hint = "Run it again."
	default:
		v.Reason += fmt.Sprintf(": nixos-rebuild exited with %d", *e.exit)
	}
	if v.Hint == "" && len(v.Decisive) == 0 {
		v.Hint = "Its log says more: `nixfleet-tui runs show`."
	}
	switch {
	case e.after == nil && e.touches && e.afterErr != nil:
		v.Reason += "; the host cannot be read now: " + errText(e.afterErr)
	case v.ProfileMoved && e.after.Current != e.after.Profile:
		v.Reason += "; the new system is installed, but not running"
	}
}

// standing says in words what a host runs and would boot.
func standing(r *fleet.Reading) string {
	if r.Current == r.Profile {
		return "it runs " + shortSystem(r.Current)
	}
	return "it runs " + shortSystem(r.Current) + " and would boot " + shortSystem(r.Profile)
}

// shortSystem is a store path without /nix/store/, cut so that two systems can
// still be told apart.
func shortSystem(path string) string {
	name := strings.TrimPrefix(path, "/nix/store/")
	if name == "" {
		return "nothing"
	}
	const hashShown = 8
	if hash, rest, ok := strings.Cut(name, "-"); ok && len(hash) > hashShown {
		return hash[:hashShown] + "…-" + rest
	}
	return name
}

// errText is an error's sentence, without the host's name before it.
func errText(err error) string {
	if err == nil {
		return "no answer"
	}
	reason, _ := reasonOf(err)
	return reason
}
