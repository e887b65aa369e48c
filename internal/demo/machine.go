package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"nixfleet-tui/internal/atomicfile"
)

// machine is the state of one host, as it would be in its /nix and /run.
type machine struct {
	Version     int               `json:"version"`
	Name        string            `json:"name"`
	MachineID   string            `json:"machineId"`
	BootID      string            `json:"bootId"`
	BootedAt    time.Time         `json:"bootedAt"`
	Generations []generation      `json:"generations"` // of the system profile, oldest first
	Profile     int               `json:"profile"`     // number of the generation that the profile points to
	ProfileAt   time.Time         `json:"profileAt"`   // when the profile was last set; zero: when its generation was made
	Current     string            `json:"current"`     // where /run/current-system leads
	Booted      string            `json:"booted"`      // where /run/booted-system leads
	FailedUnits []string          `json:"failedUnits"`
	Store       []string          `json:"store"`                // systems and derivations that are valid in its store
	Roots       map[string]string `json:"roots"`                // garbage collector's roots, besides the profile
	Installing  *installing       `json:"installing,omitempty"` // of the new host
}

// generation is one of the profile's links.
type generation struct {
	Number  int       `json:"number"`
	Path    string    `json:"path"`
	Created time.Time `json:"created"`
}

// newMachine is a host as its story finds it.
func newMachine(h host, s story, now time.Time) machine {
	revs := revisions()
	m := machine{
		Version: machineVersion, Name: h.Name, MachineID: hexID("machine " + h.Name),
		Profile: s.generation,
		Current: systemOf(h, revs[s.running]).path, Booted: systemOf(h, revs[s.booted]).path,
		FailedUnits: slices.Clone(s.failed), Roots: map[string]string{},
	}
	for i := range s.kept {
		back := s.kept - 1 - i
		r := revs[s.profile+back]
		m.Generations = append(m.Generations, generation{
			Number: s.generation - back, Path: systemOf(h, r).path,
			Created: now.Add(-r.age + deployedAfter(h, revs, s.profile+back)),
		})
		m.add(systemOf(h, r).path)
	}
	m.BootedAt = now.Add(-s.uptime)
	for _, g := range m.Generations {
		if made := g.Created.Add(time.Hour); g.Path == m.Booted && made.After(m.BootedAt) {
			m.BootedAt = made // it cannot have been booted before
		}
	}
	m.BootID = bootID(h.Name, m.BootedAt)
	m.add(m.Current)
	m.add(m.Booted)
	m.add(systemOf(h, revs[s.profile]).drv)
	return m
}

// deployedAfter is how long it took until a revision came to a host: not
// everybody is deployed to on the first day, but all before the next revision.
func deployedAfter(h host, revs []revision, at int) time.Duration {
	const latest = 0.4 // of the time since
	r, most := revs[at], latest*float64(revs[at].age)
	if at > 0 {
		most = min(most, float64(r.age-revs[at-1].age))
	}
	return time.Duration(seeded(h.Name+r.rev).Float64() * most)
}

// hexID is 32 hexadecimal digits that follow from of.
func hexID(of string) string { return fmt.Sprintf("%x", storeHash(of)[:16]) }

// bootID is what the kernel would have made up when it started.
func bootID(name string, at time.Time) string {
	id := hexID("boot " + name + " " + at.UTC().Format(time.RFC3339Nano))
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

// loadMachine reads a host's state. One that is missing, cut, of another
// version or about systems that nobody knows is made anew from its story.
func loadMachine(d directory, h host, s story, all catalogue, now time.Time) (machine, error) {
	b, err := os.ReadFile(d.machine(h.Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return machine{}, err
	}
	var m machine
	if err == nil && json.Unmarshal(b, &m) == nil && m.sound(h.Name, all) {
		return m, nil
	}
	m = newMachine(h, s, now)
	return m, m.save(d)
}

// sound says whether the state can be gone on with.
func (m machine) sound(name string, all catalogue) bool {
	if m.Version != machineVersion || m.Name != name || len(m.Generations) == 0 || m.Roots == nil {
		return false
	}
	for _, path := range append([]string{m.Current, m.Booted, m.profile()}, m.Store...) {
		if _, ok := all[path]; !ok {
			return false
		}
	}
	return true
}

func (m machine) save(d directory) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(d.machine(m.Name), append(b, '\n'))
}

// profile is the system that the profile points to.
func (m machine) profile() string {
	g, _ := m.generation(m.Profile)
	return g.Path
}

func (m machine) generation(number int) (generation, bool) {
	for _, g := range m.Generations {
		if g.Number == number {
			return g, true
		}
	}
	return generation{}, false
}

// valid says whether the store path (or derivation) is in the host's store.
func (m machine) valid(path string) bool { return slices.Contains(m.Store, path) }

// add makes a store path valid.
func (m *machine) add(path string) {
	if !m.valid(path) {
		m.Store = append(m.Store, path)
	}
}

// setProfile is `nix-env --set`: a new generation, unless the profile has it already.
func (m *machine) setProfile(path string, now time.Time) {
	if m.profile() == path {
		return
	}
	next := m.Generations[len(m.Generations)-1].Number + 1
	m.Generations = append(m.Generations, generation{Number: next, Path: path, Created: now})
	m.Profile, m.ProfileAt = next, now
}

// previous is the generation that a rollback goes to.
func (m machine) previous() (generation, bool) {
	var found generation
	for _, g := range m.Generations {
		if g.Number < m.Profile {
			found = g
		}
	}
	return found, found.Number > 0
}

// recover takes units off the list of those that have failed.
func (m *machine) recover(units ...string) {
	m.FailedUnits = slices.DeleteFunc(m.FailedUnits, func(u string) bool { return slices.Contains(units, u) })
}

// boot starts the host again with what its profile says.
func (m *machine) boot(now time.Time) {
	m.Current, m.Booted, m.BootedAt = m.profile(), m.profile(), now
	m.BootID = bootID(m.Name, now)
	m.FailedUnits = nil
}

// profileLink is the name of a generation's link in /nix/var/nix/profiles.
func profileLink(number int) string { return "system-" + strconv.Itoa(number) + "-link" }
