package nixcmd

import (
	"strconv"
	"strings"
)

// plainCopies counts the copies of nix-copy-closure, which speaks no JSON:
// "copying N paths..." and then a line as each begins.
type plainCopies struct {
	expected int
	begun    int
	over     bool // something else was printed since
}

func (c *plainCopies) done() int {
	if c.over || c.begun == 0 {
		return c.begun
	}
	return c.begun - 1
}

func (c *plainCopies) running() int { return c.begun - c.done() }

// line takes a plain line and says whether it was one of a copy.
func (c *plainCopies) line(line string) bool {
	if n, ok := countIn(line, "copying ", " paths..."); ok {
		c.expected += n
		c.over = false
		return true
	}
	if strings.HasPrefix(line, "copying path '") {
		c.begun++
		c.expected = max(c.expected, c.begun)
		c.over = false
		return true
	}
	c.over = true
	return false
}

// countIn reads the number between before and after, which must be all that
// line is.
func countIn(line, before, after string) (int, bool) {
	rest, ok := strings.CutPrefix(line, before)
	if !ok {
		return 0, false
	}
	number, ok := strings.CutSuffix(rest, after)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number)
	return n, err == nil
}

// plannedBuilds reads "these N derivations will be built:".
func plannedBuilds(said string) (int, bool) {
	if strings.HasPrefix(said, "this derivation will be built:") {
		return 1, true
	}
	return countIn(firstLine(said), "these ", " derivations will be built:")
}

func isFetchPlan(said string) bool {
	return strings.HasPrefix(said, "this path will be fetched") ||
		strings.HasPrefix(said, "these ") && strings.Contains(firstLine(said), " paths will be fetched")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// activationMarks begin the lines that only switch-to-configuration prints:
// the Perl one, the Rust one, and the boot loaders' installers that they call.
var activationMarks = [...]string{
	"stopping the following units: ",
	"NOT restarting the following changed units: ",
	"activating the configuration...",
	"activating " + StoreDir, // Activation.Begins
	"setting up /etc...",
	"restarting systemd...",
	"reloading user units for ",
	"restarting sysinit-reactivation.target",
	"reloading the following units: ",
	"restarting the following units: ",
	"starting the following units: ",
	"the following new units were started: ",
	"the following units failed: ",
	"warning: the following units failed: ",
	"warning: the following user units failed: ",
	"warning: user activation for ",
	"stopping swap device: ",
	"would stop swap device: ",
	"Failed to run activate script",
	"Checking switch inhibitors",
	"Pre-switch check",
	"updating GRUB",
	"updating the boot loader",
	"updating systemd-boot",
	"would activate the configuration...",
	"would restart systemd",
	"would stop the following units: ",
	"would NOT ",
	"would start the following units: ",
	"would restart the following units: ",
	"would reload the following units: ",
}

func isActivation(line string) bool {
	for _, mark := range activationMarks {
		if strings.HasPrefix(line, mark) {
			return true
		}
	}
	return false
}

// plain notes a line of nixos-rebuild, ssh, sudo or switch-to-configuration.
func (d *LogDecoder) plain(line string) {
	d.undone = d.undone || line == UndoBegins
	switch {
	case d.undone: // it tells nothing of what was undone
	case d.copies.line(line):
		d.work.realised, d.sent = false, true
		d.reach(PhaseCopying)
		d.found.notePathIn(line)
	case strings.HasPrefix(line, "building '"+StoreDir), strings.HasPrefix(line, "building path(s) "):
		d.reach(PhaseBuilding)
		d.found.notePathIn(line)
	case isActivation(line):
		d.reach(PhaseActivating)
		d.found.activation(line)
	default:
		d.found.plain(line)
	}
}
