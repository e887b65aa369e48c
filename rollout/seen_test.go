package rollout

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// What preflight saw a moment ago is what a task begins with, unless something
// speaks against it.
func TestBeginWithWhatWasSeen(t *testing.T) {
	for name, c := range map[string]struct {
		later  time.Duration
		change func(w *testWorld, p *Plan)
		taken  bool
	}{
		"at once":                {0, func(*testWorld, *Plan) {}, true},
		"a moment later":         {seenFresh, func(*testWorld, *Plan) {}, true},
		"too late":               {seenFresh + 1, func(*testWorld, *Plan) {}, false},
		"before, by our clock":   {-1, func(*testWorld, *Plan) {}, false},
		"units are of interest":  {0, func(_ *testWorld, p *Plan) { p.Undo = true }, false},
		"somebody was there":     {0, func(w *testWorld, p *Plan) { w.lockOnce(p.Hosts[0].Seen.Before.Machine) }, false},
		"there should be logins": {0, func(_ *testWorld, p *Plan) { p.Masters = true }, false},
		"nobody looked":          {0, func(_ *testWorld, p *Plan) { p.Hosts[0].Seen = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTestWorld(t)
			w.host("h1", "m1", wellStory)
			p := w.plan(nixcmd.Switch, "h1")
			seen := w.seen("h1")
			p.Hosts[0].Seen = seen
			c.change(w, &p)
			now := func() time.Time { return seen.At.Add(c.later) }
			task := &task{run: &run{Supervisor: Supervisor{Store: w.store, Now: now}, plan: p}, host: p.Hosts[0]}
			if taken := task.takeSeen(); taken != c.taken {
				t.Fatalf("taken: %t", taken)
			}
			if (task.machine != nil) != c.taken || (task.before != nil) != c.taken {
				t.Errorf("it has %v and %v", task.machine, task.before)
			}
			held, err := isHeld(w.store.machineLock(seen.Before.Machine))
			if err != nil || held != c.taken {
				t.Errorf("the machine is held: %t, %v", held, err)
			}
			if c.taken {
				task.machine.release()
			}
		})
	}
}

// Whether or not there is time to begin with what was seen, the run ends well.
func TestRunFromWhatWasSeen(t *testing.T) {
	w := newTestWorld(t)
	w.host("h1", "m1", wellStory)
	p := w.plan(nixcmd.Switch, "h1")
	p.Hosts[0].Seen = w.seen("h1")
	f := w.start(p)
	e := f.until("how it stood before", func(e Event) bool { return e.State == TaskPrepared })
	if want := p.Hosts[0].Seen.Before; e.Before.Profile != want.Profile || e.Before.Machine != want.Machine {
		t.Errorf("it began with %+v, want %+v", e.Before, want)
	}
	if got := outcomes(f.end()); got != "h1:ok" {
		t.Error(got)
	}
}

// seen is what preflight would see of a host now.
func (w *testWorld) seen(host string) *Seen {
	w.t.Helper()
	r, err := fleet.Read(w.t.Context(), folder(filepath.Join(w.hosts, host)), false, time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	return &Seen{At: time.Now(), Before: beforeBy(&r, machineID(&r, host))}
}

// lockOnce is what another run has done meanwhile.
func (w *testWorld) lockOnce(machine string) {
	w.t.Helper()
	path := w.store.machineLock(machine)
	f, err := tryLock(path)
	if err != nil {
		w.t.Fatal(err)
	}
	f.Close()
	later := time.Now().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatIsWorthBeginningWith(t *testing.T) {
	well := fleet.Reading{At: time.Now(), Profile: "/nix/store/a", MachineID: "m"}
	switching := well
	switching.Switching = true
	look := func(r fleet.Reading) *Ground {
		return &Ground{Looks: map[string]Look{"h": {Survey: fleet.Survey{Reading: r}}}}
	}
	silent, held := look(well), look(well)
	silent.Looks["h"] = Look{Err: errors.New("silent")}
	held.Holders = map[string]Holder{"h": {Run: "other"}}
	for name, c := range map[string]struct {
		ground *Ground
		action nixcmd.Action
		want   bool
	}{
		"well":                      {look(well), nixcmd.Switch, true},
		"never looked at":           {&Ground{}, nixcmd.Switch, false},
		"silent":                    {silent, nixcmd.Switch, false},
		"another run is at it":      {held, nixcmd.Switch, false},
		"somebody activates":        {look(switching), nixcmd.Switch, false},
		"somebody activates, build": {look(switching), nixcmd.DryBuild, true},
	} {
		p := &Plan{Action: c.action}
		seen := c.ground.seen(p, "h")
		if (seen != nil) != c.want {
			t.Errorf("%s: %+v", name, seen)
		}
		if seen != nil && (seen.Before.Profile != "/nix/store/a" || seen.Before.Machine != machineID(&well, "h")) {
			t.Errorf("%s: %+v", name, seen.Before)
		}
	}
}

// The login that preflight made is taken where somebody listens, in the plan's
// own directory.
func TestGivenLogin(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dead := filepath.Join(dir, "dead")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		socket, sockets string
		masters, want   bool
	}{{socket, dir, true, true}, {socket, dir, false, false}, {dead, dir, true, false}, {dir + "/none", dir, true, false},
		{"", dir, true, false}, {socket, dir + "/elsewhere", true, false}} {
		task := &task{run: &run{plan: Plan{Masters: c.masters, Sockets: c.sockets}}, host: PlanHost{Name: "h", Socket: c.socket}}
		if m := task.givenLogin(); (m != nil) != c.want || m != nil && (m.Socket != socket || m.Host != "h") {
			t.Errorf("%+v: %+v", c, m)
		}
	}
}
