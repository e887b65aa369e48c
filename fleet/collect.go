package fleet

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// collectLinks are the names of the roots that a collection holds while it
// lasts. They are the first that it makes and the last that it removes, so they
// tell that one was cut off.
var collectLinks = [...]string{"collecting-running", "collecting-booted"}

// CollectLink is the path of the root that keeps what runs (0) and what was
// booted (1) while garbage is collected.
func CollectLink(i int) string { return path.Join(PinDir, collectLinks[i]) }

// Spared are the systems that a collection keeps itself: what runs and what was
// booted, which a container never was.
func (g Generations) Spared() []string {
	spared := []string{g.Reading.Current}
	if b := g.Reading.Booted; b != "" && b != g.Reading.Current {
		spared = append(spared, b)
	}
	return spared
}

// Doomed are the generations that go when these numbers are deleted. One that
// must stay, or is not there, is an error: nobody loses a generation by a
// mistyped number. Of those that a collection which was cut off has deleted
// already there is no need to speak.
func (g Generations) Doomed(numbers []int) ([]Generation, error) {
	var doomed []Generation
	for _, n := range numbers {
		one, ok := g.Find(n)
		switch why := one.kept(); {
		case !ok && g.Collecting:
			continue
		case !ok:
			return nil, &Error{Message: fmt.Sprintf("it has no generation %d", n), Hint: "It has " + g.numbers() + "."}
		case why != "":
			return nil, &Error{Message: fmt.Sprintf("generation %d must stay: %s", n, why), Hint: "Leave it out; the running, the booted and the next system are never deleted, and `unpin` lets go of a pinned one."}
		}
		if !slices.ContainsFunc(doomed, func(d Generation) bool { return d.Number == n }) {
			doomed = append(doomed, one)
		}
	}
	return doomed, nil
}

// Beyond are the generations that go when the newest keep of them are to stay,
// besides those that must.
func (g Generations) Beyond(keep int) []Generation {
	var doomed []Generation
	for i, one := range g.Generations {
		if i >= keep && one.kept() == "" {
			doomed = append(doomed, one)
		}
	}
	return doomed
}

// Frees estimates the bytes that go with generations: what no other generation,
// nor what runs or was booted, nor a pin needs. Other roots are not looked at.
func (g Generations) Frees(c *Closures, doomed []Generation) int64 {
	going := func(one Generation) bool {
		return slices.ContainsFunc(doomed, func(d Generation) bool { return d.Number == one.Number })
	}
	stays := append([]string{g.Reading.Current, g.Reading.Booted}, g.Pins...)
	var gone []string
	for _, one := range g.Generations {
		if going(one) {
			gone = append(gone, one.Path)
		} else {
			stays = append(stays, one.Path)
		}
	}
	return c.Alone(slices.DeleteFunc(gone, func(p string) bool { return slices.Contains(stays, p) })...)
}

// Roots are the systems that are kept on the host, each once: what the closures
// for Frees are read of.
func (g Generations) Roots() []string { return g.roots() }

// Numbers are the numbers of generations, in words for people.
func Numbers(all []Generation) string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = strconv.Itoa(one.Number)
	}
	return strings.Join(words, ", ")
}
