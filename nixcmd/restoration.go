package nixcmd

import (
	_ "embed"
	"strconv"
)

// Restoration puts a host back on what it was, which a reading before the
// deployment told. Its scripts are for a POSIX shell of root.
type Restoration struct {
	Generation int    // of the profile; 0 leaves the profile alone
	Profile    string // its system, which the boot loader starts
	Running    string // the system that ran
	Action     Action // what is undone
}

// UndoBegins is the line of a log below which a deployment is being undone.
const UndoBegins = "-- undoing this deployment:"

// restoreScript defines the shell functions that undo an action.
//
//go:embed restore.sh
var restoreScript string

// watchScript waits for an activation to end and to be confirmed.
//
//go:embed confirm.sh
var watchScript string

// words are the arguments of the script's function nf_restore.
func (r Restoration) words() []string {
	return []string{strconv.Itoa(r.Generation), r.Profile, r.Running, string(r.Action)}
}

// Script undoes the action at once, in a unit of its own, so that it comes to
// its end whoever goes away. What it did is its output.
func (r Restoration) Script() string {
	undo := restoreScript + "\nnf_restore " + ShellLine(r.words()) + "\n"
	return `undo=` + ShellLine([]string{undo}) + `
if [ -d "${NF_ROOT-}/run/systemd/system" ]; then
  log=$(mktemp) || exit 1
  systemd-run --wait --collect --no-ask-password --quiet --service-type=exec --unit=nixfleet-undo -E "PATH=$PATH" /bin/sh -c "exec >$log 2>&1; $undo"
  status=$?; cat "$log"; rm -f "$log"; exit $status
fi
eval "$undo"
`
}

// ConfirmDir is where a host keeps what waits to be confirmed. Its file armed,
// confirmed, restoring or restored says how far that has come; renaming one
// into the next decides between who confirms and who restores.
const ConfirmDir = "/run/nixfleet-confirm"

// Confirmation makes a host undo what is about to happen unless somebody says
// afterwards that all is well.
type Confirmation struct {
	Action  Action
	Within  int // seconds after the end of the activation
	Longest int // seconds that the activation may take
}

// ArmScript starts the watch on the host, before the activation. It notes by
// itself how the host stands, and holds that alive for the garbage collector.
func (c Confirmation) ArmScript() string {
	return "nf_self=" + ShellLine([]string{restoreScript + "\n" + watchScript}) + "\neval \"$nf_self\"\nnf_arm " + ShellLine([]string{strconv.Itoa(c.Within), strconv.Itoa(c.Longest), string(c.Action)}) + "\n"
}

// ConfirmLine disarms the watch; it fails when the host has begun to restore.
const ConfirmLine = "mv " + ConfirmDir + "/armed " + ConfirmDir + "/confirmed"

// ConfirmStateLine lists how far it has come; it prints nothing on a host
// where nothing was ever armed since it booted.
const ConfirmStateLine = "ls " + ConfirmDir
