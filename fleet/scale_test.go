package fleet

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// large is an inventory of so many hosts that all send builds to three others,
// with what each said.
func large(hosts int) (*Inventory, Sources, map[string]Status) {
	inv := &Inventory{Source: Source{Flake: "/fleet"}, Flake: nixcmd.FlakeMetadata{Fingerprint: "one", Revision: "aa", LockedURL: "git+file:///fleet?rev=aa"}}
	s := Sources{Facts: map[string]Facts{}, Listed: map[string]Machines{}}
	statuses := map[string]Status{}
	var machines []nixcmd.Machine
	for i := range 3 {
		machines = append(machines, nixcmd.Machine{HostName: fmt.Sprintf("build%d.example.org", i), Systems: []string{"x86_64-linux"}, MaxJobs: 4, SpeedFactor: 1})
	}
	for i := range hosts {
		name := fmt.Sprintf("host%05d", i)
		inv.Hosts = append(inv.Hosts, Host{Name: name, InFlake: true, Tags: []string{"web"}})
		s.Facts[name] = Facts{State: FactsFresh, HostFacts: nixcmd.HostFacts{System: "x86_64-linux", FQDN: name + ".example.org", Machines: machines}}
		s.Listed[name] = Machines{List: machines}
		statuses[name] = Status{State: StateUp, AsOf: time.Unix(1, 0)}
	}
	return inv, s, statuses
}

// undertaking is what is done for all hosts together.
type undertaking struct {
	name string
	do   func()
}

// undertakings are those of a fleet of so many hosts.
func undertakings(t testing.TB, hosts int) []undertaking {
	t.Helper()
	inv, sources, statuses := large(hosts)
	full := inv.With(sources)
	cache, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cache.keepNames(inv.Source, inv.Flake, inv.Names())
	return []undertaking{
		{"builders", func() { inv.With(sources) }},
		{"judge", func() { JudgeBuilders(full, statuses) }},
		{"document", func() { NewStatusDocument(Rows(full, sources.Facts, statuses, nil), nil) }},
		{"select", func() { ParseFilter("@web,!host1*").Select(Subjects(Rows(full, sources.Facts, statuses, nil))) }},
		{"evaluate", func() {
			Evaluate(context.Background(), quick{}, inv, cache, inv.Names(), func(string, Facts) {})
		}},
		{"start", func() {
			fresh, err := OpenCache(cache.dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := fresh.Facts(inv); len(got) != hosts || got["host00042"].State != FactsFresh {
				t.Fatalf("%d hosts, %+v", len(got), got["host00042"])
			}
		}},
		{"watch", func() { watchOnce(inv.Names()) }},
	}
}

// BenchmarkFleet is what is done for all hosts together, with what each of them
// costs in it: the same, however many there are.
func BenchmarkFleet(b *testing.B) {
	for _, hosts := range []int{1_000, 10_000} {
		for _, u := range undertakings(b, hosts) {
			b.Run(fmt.Sprintf("%s/%dhosts", u.name, hosts), func(b *testing.B) {
				for b.Loop() {
					u.do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N)/float64(hosts), "µs/host")
			})
		}
	}
}

// What a host costs is the same in a large fleet, told by what is allocated for
// it, so on any machine: with ten times as many hosts ten times as much, and a
// half to spare for slices and maps, which grow by more than they need.
func TestAHostCostsTheSameInALargeFleet(t *testing.T) {
	const few, many = 200, 2_000
	small, large := undertakings(t, few), undertakings(t, many)
	for i := range large {
		wasObjects, wasBytes := allocated(small[i].do)
		objects, bytes := allocated(large[i].do)
		if most := uint64(many / few * 3 / 2); objects > most*wasObjects || bytes > most*wasBytes {
			t.Errorf("%s: %d objects and %d bytes for %d hosts, %d and %d for %d", large[i].name, objects, bytes, many, wasObjects, wasBytes, few)
		}
	}
}

// allocated is what doing something once more allocates.
func allocated(do func()) (objects, bytes uint64) {
	do() // what is kept from one time to the next is not made again
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
}

// quick evaluates at once.
type quick struct{ Evaluator }

func (quick) Facts(_ context.Context, _, host string) (nixcmd.HostFacts, error) {
	return nixcmd.HostFacts{System: "x86_64-linux", HostName: host, Wanted: "/nix/store/00000000000000000000000000000000-nixos-system-" + host}, nil
}

// watchOnce has every host's turn come once; none of them can be connected to.
func watchOnce(hosts []string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	left := len(hosts)
	refuse := func(_ context.Context, host string) (sshutil.Runner, error) {
		return nil, &sshutil.Error{Kind: sshutil.KindRefused, Host: host, Message: "refused"}
	}
	p := &Prober{Connect: refuse, Now: time.Now}
	NewWatch(p, hosts, func(string, Status) {
		if left--; left == 0 {
			cancel()
		}
	}).Run(ctx)
}
