package fleet

import (
	_ "embed" // for the script
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What decides, beside the fast script, whether a build that is sent to a
// machine runs there.
//
//go:embed ladder.sh
var ladderScript []byte

// capacity is what a builder really is. Zero means not read.
type capacity struct {
	reading  Reading
	set      map[string]string // settings of its Nix that were read
	space    room              // in bytes
	inodes   room
	at       time.Time
	took     time.Duration
	complete bool
}

// room is what a file system has, of whatever it counts.
type room struct{ total, free int64 }

func parseCapacity(out []byte, now time.Time) (capacity, error) {
	a, err := answersIn(out)
	if err != nil {
		return capacity{}, err
	}
	c := capacity{reading: readingOf(a, now), set: map[string]string{}, at: now, complete: true}
	for key, value := range a {
		if name, ok := strings.CutPrefix(key, "nix "); ok {
			c.set[name] = strings.TrimSpace(strings.TrimPrefix(value, "-"))
		}
	}
	c.inodes = roomIn(a["room i"], 1)
	c.space = roomIn(a["room k"], 1<<10)
	return c, nil
}

func roomIn(answer string, unit int64) room {
	fields := strings.Fields(answer)
	if len(fields) < 2 {
		return room{}
	}
	return room{int64(whole(fields[0])) * unit, int64(whole(fields[1])) * unit}
}

// declared compares what a builder is listed with to what it has.
func (c capacity) declared(b Builder) Step {
	s := Step{Rung: RungDeclared, State: StepOK, Took: c.took, At: c.at}
	system, known := c.set["system"]
	if !known {
		s.State, s.Reason = StepUnknown, "its Nix does not tell how it is set"
		s.Hint = "run `nix config show` there to see why"
		return s
	}
	systems := append([]string{system}, strings.Fields(c.set["extra-platforms"])...)
	if system == "x86_64-linux" {
		systems = append(systems, "i686-linux")
	}
	noSystems := lackingIn(b.Systems, systems)
	noFeatures := lackingIn(slices.Concat(b.SupportedFeatures, b.MandatoryFeatures), strings.Fields(c.set["system-features"]))
	where := listedIn(b)
	switch jobs, set := c.set["max-jobs"]; {
	case set && jobs == "0":
		s.State, s.Reason = StepBad, "it runs no builds: its max-jobs is 0"
		s.Hint = "nix.settings.max-jobs = \"auto\"; on " + b.Name
	case len(b.Systems) > 0 && len(noSystems) == len(b.Systems):
		s.State, s.Reason = StepBad, fmt.Sprintf("it is listed for %s and builds for %s", strings.Join(b.Systems, ", "), system)
		s.Hint = fmt.Sprintf("systems = [ %q ]; in %s", system, where)
	case len(noSystems) > 0:
		s.State, s.Reason = StepWarn, "it is listed for "+strings.Join(noSystems, ", ")+", which it does not build for"
		s.Hint = fmt.Sprintf("boot.binfmt.emulatedSystems = [ %s ]; on %s, or take them out in %s", quoted(noSystems), b.Name, where)
	case len(noFeatures) > 0:
		s.State, s.Reason = StepWarn, "it is listed with "+strings.Join(noFeatures, ", ")+", which it lacks: such builds are sent there and fail"
		s.Hint = fmt.Sprintf("nix.settings.system-features = [ … %s ]; on %s, or take them out in %s", quoted(noFeatures), b.Name, where)
	default:
		s.Said = system
	}
	return s
}

// lackingIn are those of wanted that had does not have.
func lackingIn(wanted, had []string) []string {
	var lacking []string
	for _, w := range wanted {
		if !slices.Contains(had, w) && !slices.Contains(lacking, w) {
			lacking = append(lacking, w)
		}
	}
	return lacking
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = strconv.Quote(w)
	}
	return strings.Join(q, " ")
}

// disk looks at the room for a build.
func (c capacity) disk(b Builder) Step {
	s := Step{Rung: RungDisk, State: StepOK, Took: c.took, At: c.at}
	least := int64(leastRoom)
	if minFree, err := strconv.ParseInt(c.set["min-free"], 10, 64); err == nil {
		least = max(least, minFree)
	}
	const mib = 1 << 20
	switch {
	case c.space.total == 0:
		s.State, s.Reason = StepUnknown, "it does not tell how much room its store has"
	case c.space.free < least:
		s.State, s.Reason = StepBad, fmt.Sprintf("only %d MiB are free for its store", c.space.free/mib)
		s.Hint = "sudo nix-collect-garbage -d, on " + b.Name
	case c.inodes.total > 0 && c.inodes.free < leastInodes:
		s.State, s.Reason = StepBad, fmt.Sprintf("only %d inodes are free for its store", c.inodes.free)
		s.Hint = "sudo nix-collect-garbage -d, on " + b.Name
	default:
		s.Said = fmt.Sprintf("%d GiB free", c.space.free/(1<<30))
	}
	return s
}
