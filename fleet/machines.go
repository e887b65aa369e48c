package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// Machines is what a host's machines file, with those that it includes, says.
type Machines struct {
	List     []nixcmd.Machine
	Mistakes []string // entries that make no sense, a sentence each
}

// passedOver is what a mistake in one entry does to all of them.
const passedOver = "; for that, Nix there passes over all its builders"

// Equal says whether both list the same.
func (m Machines) Equal(other Machines) bool {
	return slices.Equal(m.Mistakes, other.Mistakes) &&
		slices.EqualFunc(m.List, other.List, func(a, b nixcmd.Machine) bool { return a.Protocol == b.Protocol && a.String() == b.String() })
}

// listedMachines reads the machines files among a script's answers: "machines 1"
// is the path of the first, "machines 1 7" its seventh line.
func listedMachines(a map[string]string, system string) Machines {
	const key = "machines "
	files := map[string][]string{} // lines by path
	for number := 1; ; number++ {
		path, has := a[key+strconv.Itoa(number)]
		if !has {
			break
		}
		files[path] = linesUnder(a, key+strconv.Itoa(number)+" ")
	}
	read := func(path string) ([]byte, error) {
		lines, has := files[path]
		if !has {
			return nil, fs.ErrNotExist
		}
		return []byte(strings.Join(lines, "\n")), nil
	}
	return ReadMachines(nixcmd.MachinesFile{Read: read, System: system})
}

// ReadMachines reads the machines file of a machine.
func ReadMachines(f nixcmd.MachinesFile) Machines {
	list, failed := f.Load(MachinesFile)
	m := Machines{List: list}
	for _, err := range failed {
		said := text.Line(err.Error())
		var entry *nixcmd.MachineError
		if errors.As(err, &entry) {
			said += passedOver
		}
		m.Mistakes = append(m.Mistakes, said)
	}
	return m
}

// linesUnder are the answers whose keys are prefix and a line's number, each at
// its place; lines of which nothing was said are empty.
func linesUnder(a map[string]string, prefix string) []string {
	const most = 100_000 // a number from elsewhere is no size to trust
	var lines []string
	for key, line := range a {
		number, under := strings.CutPrefix(key, prefix)
		n := whole(number)
		if !under || n < 1 || n > most {
			continue
		}
		for len(lines) < n {
			lines = append(lines, "")
		}
		lines[n-1] = line
	}
	return lines
}

// Listed says briefly where a builder is listed: most fleets list the same
// builders on every host.
func (b Builder) Listed() string {
	const named = 2
	var parts []string
	for _, prefix := range []string{buildMachinesOf, machinesFileOf} {
		var hosts []string
		for _, from := range b.From {
			if host, of := strings.CutPrefix(from, prefix); of {
				hosts = append(hosts, host)
			}
		}
		switch n := len(hosts); {
		case n > named+1:
			parts = append(parts, fmt.Sprintf("%s%s and %d more", prefix, strings.Join(hosts[:named], ", "), n-named))
		case n > 0:
			parts = append(parts, prefix+strings.Join(hosts, ", "))
		}
	}
	for _, from := range slices.Backward(b.From) {
		if !strings.HasPrefix(from, buildMachinesOf) && !strings.HasPrefix(from, machinesFileOf) {
			parts = slices.Insert(parts, 0, from)
		}
	}
	return strings.Join(parts, "; ")
}
