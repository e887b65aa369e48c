package fleet

import (
	"context"
	_ "embed" // for the script
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// The profile's past, behind the fast script.
//
//go:embed generations.sh
var generationsScript []byte

// PinDir is where links stand that keep generations from being collected, each
// named after its generation's link.
const PinDir = "/nix/var/nix/gcroots/nixfleet"

// Generation is one of the links of a host's system profile. Zero means not known.
type Generation struct {
	Number          int
	Created         time.Time // of the link, by the host's clock
	Path            string    // of the system; what the link says where that is gone
	Gone            bool      // the link leads nowhere
	Label           string    // nixos-version
	Kernel          string    // version, by its modules
	Revision        string    // configurationRevision
	Specialisations []string
	Boot            []string // where kernel, initrd and kernel-modules lead
	Loader          string   // the program that writes the boot menu, by name
	Init            string   // version of what its init speaks with systemd

	Running     bool // it is what /run/current-system is
	Booted      bool // it is what was booted
	BootDefault bool // the profile points to it: the next boot brings it
	Pinned      bool // a root of ours keeps it
}

// Generations is the past of a host, to which it could go back.
type Generations struct {
	Reading     Reading      // the fast script's part
	Init        string       // what the running system's init speaks
	Pins        []string     // systems that a root of ours keeps, in the order of its names
	pinnedAs    []int        // likewise, the generations that the roots are named after
	Collecting  bool         // a collection was begun and is not over: it goes on, or was cut off
	Generations []Generation // newest first
}

// Find returns the generation with that number.
func (g Generations) Find(number int) (Generation, bool) {
	i := slices.IndexFunc(g.Generations, func(g Generation) bool { return g.Number == number })
	if i < 0 {
		return Generation{}, false
	}
	return g.Generations[i], true
}

// ReadGenerations asks a host for its generations. The error is an
// *sshutil.Error about the reading, or an *Error when the host has none.
func ReadGenerations(ctx context.Context, r sshutil.Runner, now func() time.Time) (Generations, error) {
	result, err := r.Run(ctx, sshutil.Command{Line: scriptCommand, Stdin: fastAnd(generationsScript), MaxOutput: maxGenerationsOutput})
	if err != nil {
		return Generations{}, err
	}
	g, err := parseGenerations(result.Stdout, now())
	if err != nil {
		return Generations{}, unanswered(result, err)
	}
	if len(g.Generations) == 0 {
		return g, noGenerations(g.Reading)
	}
	return g, nil
}

// noGenerations says why there is nothing to list.
func noGenerations(r Reading) *Error {
	if !r.isNixOS() {
		return &Error{Message: "it is no NixOS: there is neither a system profile nor a running system",
			Hint: "Only NixOS (and nix-darwin) keeps generations of its system; hidden = true in fleet.nix takes a machine that is none out of the way."}
	}
	return &Error{Message: "its system profile has no generations", Hint: "It was not installed by nixos-install or nixos-rebuild; one `switch` makes the first."}
}

// parseGenerations reads the output of generations.sh. now is our clock's time.
func parseGenerations(out []byte, now time.Time) (Generations, error) {
	a, err := answersIn(out)
	if err != nil {
		return Generations{}, err
	}
	all := Generations{Reading: readingOf(a, now), Init: a["init"]}
	byNumber := map[int]*Generation{}
	for _, key := range sortedKeys(a) {
		if strings.HasPrefix(key, "pin ") {
			all.pin(strings.TrimPrefix(key, "pin "), a[key])
			continue
		}
		words := strings.Fields(key)
		if len(words) != 3 || words[0] != "gen" {
			continue
		}
		number, ok := nixcmd.ParseGenerationLink("system-" + words[1] + "-link")
		if !ok {
			continue
		}
		if byNumber[number] == nil {
			byNumber[number] = &Generation{Number: number}
		}
		byNumber[number].take(words[2], a[key])
	}
	for _, g := range byNumber {
		g.place(all)
		all.Generations = append(all.Generations, *g)
	}
	slices.SortFunc(all.Generations, func(a, b Generation) int { return b.Number - a.Number })
	return all, nil
}

// pin takes a root below PinDir: of a generation, or of a collection.
func (g *Generations) pin(name, path string) {
	number, ours := nixcmd.ParseGenerationLink(name)
	if p := storePath(path); p != "" && ours {
		g.Pins, g.pinnedAs = append(g.Pins, p), append(g.pinnedAs, number)
	}
	g.Collecting = g.Collecting || slices.Contains(collectLinks[:], name)
}

// take reads one answer about the generation.
func (g *Generation) take(what, value string) {
	switch what {
	case "time":
		g.Created = unixTime(value)
	case "path":
		g.Path = storePath(value)
	case "gone":
		g.Gone = value == "1"
	case "label":
		g.Label = keep(value, g.Label)
	case "kernel":
		g.Kernel = value
	case "init":
		g.Init = value
	case "loader":
		g.Loader = strings.TrimSuffix(strings.TrimPrefix(value, "install-"), ".sh")
	case "special":
		g.Specialisations = strings.Fields(value)
	case "boot":
		g.Boot = strings.Fields(value)
	case "nixos":
		var r Reading
		r.readVersion(value)
		g.Revision, g.Label = r.Revision, keep(g.Label, r.Label)
	}
}

// place says what the generation is to its host.
func (g *Generation) place(all Generations) {
	r := all.Reading
	g.BootDefault = g.Number == r.Generation
	if g.Gone || g.Path == "" {
		return
	}
	g.Running, g.Booted = g.Path == r.Current, g.Path == r.Booted
	g.Pinned = slices.Contains(all.Pins, g.Path)
}

// kept says why a generation must not be deleted, or "".
func (g Generation) kept() string {
	switch {
	case g.Running:
		return "it is running"
	case g.BootDefault:
		return "it is the boot default"
	case g.Booted:
		return "it was booted"
	case g.Pinned:
		return "it is pinned"
	}
	return ""
}

// Marks are the words for what the generation is to its host.
func (g Generation) Marks() []string {
	var marks []string
	for _, m := range []struct {
		is   bool
		word string
	}{{g.Running, "running"}, {g.Booted, "booted"}, {g.BootDefault, "boot default"}, {g.Pinned, "pinned"}, {g.Gone, "gone"}} {
		if m.is {
			marks = append(marks, m.word)
		}
	}
	return marks
}

// Target finds the generation that a person means by a number, or by -N for
// the Nth that is there before the boot default. One that is gone is no target.
func (g Generations) Target(number int) (Generation, error) {
	if number < 0 {
		return g.before(-number)
	}
	found, ok := g.Find(number)
	switch {
	case !ok:
		return found, &Error{Message: "it has no generation " + strconv.Itoa(number), Hint: "It has " + g.numbers() + "."}
	case found.Gone:
		return found, &Error{Message: "the system of generation " + strconv.Itoa(number) + " is gone from its store", Hint: "Somebody removed it by force; choose another of " + g.numbers() + "."}
	}
	return found, nil
}

// before is the generation that is so many behind the boot default.
func (g Generations) before(steps int) (Generation, error) {
	for _, one := range g.Generations {
		if one.Number >= g.Reading.Generation || one.Gone {
			continue
		}
		if steps--; steps == 0 {
			return one, nil
		}
	}
	return Generation{}, &Error{Message: "it has no generation that far before its boot default, " + strconv.Itoa(g.Reading.Generation), Hint: "It has " + g.numbers() + "."}
}

// numbers are all generations, with runs of them as ranges: "3, 5 to 42".
func (g Generations) numbers() string {
	var ranges []string
	all := g.Generations
	for i := len(all) - 1; i >= 0; {
		j := i
		for j > 0 && all[j-1].Number == all[j].Number+1 {
			j--
		}
		switch i - j {
		case 0:
			ranges = append(ranges, strconv.Itoa(all[i].Number))
		case 1:
			ranges = append(ranges, strconv.Itoa(all[i].Number), strconv.Itoa(all[j].Number))
		default:
			ranges = append(ranges, strconv.Itoa(all[i].Number)+" to "+strconv.Itoa(all[j].Number))
		}
		i = j - 1
	}
	return strings.Join(ranges, ", ")
}

// RiskOf says what makes going back to a generation risky, each in a sentence.
// live says whether it is to be activated now, not at the next boot only.
func (g Generations) RiskOf(to Generation, live bool) []string {
	var risks []string
	var now Generation // the system that was booted, as a generation
	var menu Generation
	for _, one := range g.Generations {
		if one.Booted {
			now = one
		}
		if one.BootDefault {
			menu = one
		}
	}
	if live && len(now.Boot) > 0 && len(to.Boot) > 0 && !slices.Equal(now.Boot, to.Boot) {
		kernels := "another kernel, initrd or modules"
		if now.Kernel != "" && to.Kernel != "" && now.Kernel != to.Kernel {
			kernels = "kernel " + to.Kernel + ", and " + now.Kernel + " is booted"
		}
		risks = append(risks, "generation "+strconv.Itoa(to.Number)+" has "+kernels+": modules that are not loaded yet will not fit until a reboot")
	}
	if menu.Loader != "" && to.Loader != "" && menu.Loader != to.Loader {
		risks = append(risks, "generation "+strconv.Itoa(to.Number)+" writes the boot menu with "+to.Loader+", and now "+menu.Loader+" does: the host may not boot by itself afterwards")
	}
	if live && g.Init != "" && to.Init != "" && g.Init != to.Init {
		risks = append(risks, "its init and the running one do not understand each other: it can be activated by a reboot only")
	}
	return risks
}

// PinLinks are the roots that keep a generation's system, whatever generation
// they were made for: several can have the same system.
func (g Generations) PinLinks(one Generation) []string {
	var links []string
	for i, p := range g.Pins {
		if p == one.Path {
			links = append(links, PinLink(g.pinnedAs[i]))
		}
	}
	return links
}

// PinLink is the path of the root that pins a generation.
func PinLink(number int) string { return path.Join(PinDir, path.Base(nixcmd.GenerationLink(number))) }
