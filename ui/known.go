package ui

import (
	"path"
	"slices"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// host is all that is known of one host.
type host struct {
	fleet.Host
	facts  fleet.Facts
	status fleet.Status
	drift  fleet.Drift
	sudo   fleet.SudoForecast
	latencies
}

// known is what the dashboard has been told so far. Places read it; only news
// change it.
type known struct {
	inv        *fleet.Inventory
	trouble    error // why there is no inventory, or why it is an old one
	hosts      map[string]*host
	names      []string // of hosts that are not hidden, in the inventory's order
	builders   []fleet.BuilderHealth
	loads      map[string]loads // of the builders, by name
	runs       []rollout.View
	busy       map[string]rollout.TaskView // what runs are doing to hosts now
	keys       *fleet.Keys                 // nil: not asked yet
	before     AskedBefore                 // what waits for an answer before there is a run
	evaluating Evaluating
	blurred    bool // nobody is looking: hosts are read seldom
	heard      int  // how much news there was
	counted    counts
	countedAt  int // what was heard then; it is counted anew when there is news, and not for each frame
}

func newKnown() *known { return &known{hosts: map[string]*host{}} }

// learn takes one piece of news.
func (k *known) learn(n News) {
	k.heard++
	switch n := n.(type) {
	case InventoryRead:
		k.learnInventory(n.Inventory)
	case InventoryFailed:
		k.trouble = n.Err
	case FactsRead:
		k.host(n.Host).facts = n.Facts
	case StatusRead:
		h := k.host(n.Host)
		h.heard(n.Status)
		h.status, h.drift = n.Status, n.Drift
	case BuildersRead:
		k.loads = heardLoads(k.loads, n.Builders)
		k.builders = n.Builders
	case KeysRead:
		k.keys = &n.Keys
	case SudoForeseen:
		k.host(n.Host).sudo = n.Forecast
	case RunsListed:
		k.runs = append([]rollout.View{}, n.Runs...) // not nil any more: that there are none is known, too
		k.busy = busyHosts(k.runs)
	case AskedBefore:
		k.before = n
	case Evaluating:
		k.evaluating = n
	}
}

// host returns what is known of the host called name. News of a host may come
// before the inventory that names it.
func (k *known) host(name string) *host {
	h := k.hosts[name]
	if h == nil {
		h = &host{Host: fleet.Host{Name: name}, facts: fleet.Facts{State: fleet.FactsPending}, status: fleet.Status{State: fleet.StateUnknown}, drift: fleet.DriftUnknown}
		k.hosts[name] = h
	}
	return h
}

func (k *known) learnInventory(inv *fleet.Inventory) {
	k.inv, k.trouble = inv, nil
	k.names = k.names[:0]
	for _, declared := range inv.Hosts {
		k.host(declared.Name).Host = declared
		if !declared.Hidden {
			k.names = append(k.names, declared.Name)
		}
	}
	if k.builders == nil {
		for _, b := range inv.Builders {
			k.builders = append(k.builders, fleet.BuilderHealth{Builder: b, Health: fleet.HealthUnknown})
		}
	}
}

// system is the platform, by whoever knows best.
func (h *host) system() string {
	for _, s := range []string{h.facts.System, h.status.Reading.System, h.System} {
		if s != "" {
			return s
		}
	}
	return ""
}

// needsReboot says that the kernel, initrd or modules of the next boot are others.
func (h *host) needsReboot() bool {
	return h.status.Reading.Reboot != nil && *h.status.Reading.Reboot
}

// asked says whether an attempt to read the host has ended.
func (h *host) asked() bool { return !h.status.AsOf.IsZero() }

func (h *host) sign() sign { return stateSign(h.status.State, h.Intermittent, h.asked()) }

// isUp says whether the host answers. What a host that does not answer said
// before is kept, and shown as old.
func (h *host) isUp() bool { return h.status.State == fleet.StateUp }

// subject is the host as a filter sees it.
func (k *known) subject(h *host) fleet.Subject {
	_, builds := k.builderOn(h.Name)
	return fleet.Subject{Host: h.Host, System: h.system(), State: h.status.State, Drift: h.drift, Reboot: h.needsReboot(), Builds: builds}
}

// stale says whether what a host that is up said is old.
func (k *known) stale(h *host, now time.Time) bool {
	interval := fleet.RestInterval
	if k.blurred {
		interval = fleet.UnfocusedInterval
	}
	return h.isUp() && h.status.Stale(now, interval)
}

// attention ranks hosts by how much they want a person; 0 is the most.
func (h *host) attention() int {
	switch h.status.State {
	case fleet.StateHostKey:
		return 0
	case fleet.StateAuth:
		return 1
	case fleet.StateDown:
		if h.Intermittent {
			return 13
		}
		return 2
	case fleet.StateUnknown, "":
		if h.asked() {
			return 10
		}
		return 11
	}
	return h.attentionUp()
}

func (h *host) attentionUp() int {
	switch {
	case len(h.status.Reading.FailedUnits) > 0:
		return 3
	case h.facts.State == fleet.FactsFailed:
		return 4
	case h.drift == fleet.DriftDiverged:
		return 5
	case slices.Contains(drifts(), h.drift):
		return 6
	case h.needsReboot():
		return 7
	}
	return 12
}

// counts are what the header tells of all hosts.
type counts struct {
	hosts, asking int
	states        map[fleet.State]int
	away          int // down, which is normal for them
	drifts        map[fleet.Drift]int
	reboots       int
	units         int // hosts with failed units
	evalFailed    int
	health        map[fleet.Health]int
}

func (k *known) count() counts {
	if k.countedAt == k.heard && k.counted.hosts > 0 {
		return k.counted
	}
	k.counted, k.countedAt = k.recount(), k.heard
	return k.counted
}

func (k *known) recount() counts {
	c := counts{hosts: len(k.names), states: map[fleet.State]int{}, drifts: map[fleet.Drift]int{}, health: map[fleet.Health]int{}}
	for _, name := range k.names {
		h := k.hosts[name]
		switch {
		case !h.asked():
			c.asking++
		case h.status.State == fleet.StateDown && h.Intermittent:
			c.away++
		default:
			c.states[h.status.State]++
		}
		c.drifts[h.drift]++
		c.reboots += boolInt(h.needsReboot())
		c.units += boolInt(len(h.status.Reading.FailedUnits) > 0)
		c.evalFailed += boolInt(h.facts.State == fleet.FactsFailed)
	}
	for _, b := range k.builders {
		c.health[b.Health]++
	}
	return c
}

// settled says whether every host has been asked once.
func (k *known) settled() bool {
	for _, name := range k.names {
		if !k.hosts[name].asked() {
			return false
		}
	}
	return len(k.names) > 0
}

// evaluated says whether it is known of every host what it should run, or that
// this cannot be known.
func (k *known) evaluated() bool {
	for _, name := range k.names {
		if s := k.hosts[name].facts.State; s == fleet.FactsPending || s == "" {
			return false
		}
	}
	return len(k.names) > 0
}

// learnRun takes a newer view of one run.
func (k *known) learnRun(v rollout.View) {
	runs := slices.Clone(k.runs)
	if i := slices.IndexFunc(runs, func(r rollout.View) bool { return r.Dir == v.Dir }); i >= 0 {
		runs[i] = v
	} else {
		runs = append([]rollout.View{v}, runs...)
	}
	k.learn(RunsListed{runs})
}

// busyHosts are the hosts that runs are at work on.
func busyHosts(runs []rollout.View) map[string]rollout.TaskView {
	busy := map[string]rollout.TaskView{}
	for _, r := range runs {
		for _, t := range r.Tasks {
			if r.Alive && t.Verdict == nil {
				busy[t.Host] = t
			}
		}
	}
	return busy
}

// running are the runs that a supervisor is at work on.
func (k *known) running() []rollout.View {
	var alive []rollout.View
	for _, r := range k.runs {
		if r.Alive {
			alive = append(alive, r)
		}
	}
	return alive
}

// lastRun is the newest run that had a part for the host, with that part.
func (k *known) lastRun(name string) (rollout.View, rollout.TaskView, bool) {
	for _, r := range k.runs {
		for _, t := range r.Tasks {
			if t.Host == name {
				return r, t, true
			}
		}
	}
	return rollout.View{}, rollout.TaskView{}, false
}

// builderOn returns the builder that a host is, if it is one.
func (k *known) builderOn(name string) (fleet.BuilderHealth, bool) {
	for _, b := range k.builders {
		if b.Builder.Host == name {
			return b, true
		}
	}
	return fleet.BuilderHealth{}, false
}

// name is what the fleet is called in the header: its directory or reference,
// and the revision, with a star when the tree has changes that are not committed.
func (k *known) name() string {
	if k.inv == nil {
		return ""
	}
	name := k.inv.Source.Flake
	for _, dir := range []string{k.inv.Flake.Dir, path.Dir(k.inv.Source.File)} {
		if dir != "" && dir != "." {
			name = path.Base(dir)
			break
		}
	}
	flake := k.inv.Flake
	switch {
	case flake.Revision != "":
		name += " @" + short(flake.Revision)
	case flake.DirtyRevision != "":
		name += " @" + short(flake.DirtyRevision) + "*"
	}
	return text.Line(name)
}

// short is a revision as people quote it.
func short(revision string) string { return revision[:min(7, len(revision))] }
