package rollout

import (
	"errors"
	"fmt"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Finding is something that preflight found out before a run: to know, to
// confirm, or to mend.
type Finding struct {
	Host    string `json:"host,omitempty"` // "" is about the whole run
	Check   Check  `json:"check"`
	Level   Level  `json:"level"`
	Message string `json:"message"` // one sentence
	Hint    string `json:"hint,omitempty"`
}

// Level says how much a finding matters.
type Level string

// The levels.
const (
	LevelNote    Level = "note"    // good to know
	LevelWarning Level = "warning" // may go wrong
	LevelConfirm Level = "confirm" // may not be wanted: the host must be confirmed by name
	LevelBlocker Level = "blocker" // goes wrong for sure: the host is refused, unless the person insists
)

// Check is what was looked at.
type Check string

// The checks.
const (
	CheckReach    Check = "reach"    // we get there
	CheckSudo     Check = "sudo"     // and may become root
	CheckTouch    Check = "touch"    // how often a security key is to be touched
	CheckSpace    Check = "space"    // there is room for another system
	CheckBusy     Check = "busy"     // nobody else is at it
	CheckPlatform Check = "platform" // somebody builds for its kind of machine
	CheckBuilders Check = "builders" // those that this machine's Nix sends builds to are well
	CheckStore    Check = "store"    // the Nix daemon listens where it is built
	CheckTrust    Check = "trust"    // what is built elsewhere is accepted
	CheckDrift    Check = "drift"    // nobody's deployment is undone
	CheckTree     Check = "tree"     // what is deployed is what the person sees
	CheckFlake    Check = "flake"    // it evaluates
	CheckPlan     Check = "plan"     // what the plan itself says
	CheckSecurity Check = "security" // nobody becomes root who should not
)

// Look is what looking at one machine brought.
type Look struct {
	Survey fleet.Survey
	Err    error // it could not be looked at
}

// Ground is all that preflight looked at. Findings follow from it and the plan
// alone; what is not in it was not looked at, and nothing is found there.
type Ground struct {
	Looks     map[string]Look // by name of a host or builder; Here is this machine
	Facts     map[string]fleet.Facts
	Systems   map[string]string              // by host, as fleet.nix says
	Builders  []fleet.Builder                // of the inventory
	Helpers   map[string]fleet.BuilderHealth // by host name in a machines file: those that a platform depends on
	Histories map[string]fleet.History       // by host: how what it runs stands to the flake's revision
	Holders   map[string]Holder              // by host: the run that has its machine now
	Untracked []string                       // files in the tree that Nix does not see
	Agent     bool                           // there is an agent to forward
	Sudo      SudoGround                     // what was foretold of sudo
	Self      string                         // this machine's key (fleet.ThisMachine), or ""
}

// Here is this machine's name among those that are looked at.
const Here = ""

// Questions says which machines preflight looks at, by name, and what it asks
// each of them.
func (p *Plan) Questions() map[string]fleet.Questions {
	all := map[string]fleet.Questions{}
	for _, h := range p.Hosts {
		if h.Skip != "" {
			continue
		}
		place := h.buildHost()
		if _, has := all[place]; !has {
			all[place] = fleet.Questions{}
		}
		if q := all[h.Name]; p.disturbs() || p.copies(h) {
			q.Sudo = p.disturbs() && h.Sudo
			q.Agent = h.ForwardAgent
			q.Trust = p.copies(h)
			all[h.Name] = q
		}
	}
	return all
}

// disturbs says whether the action asks something of a host that one at a time
// may ask, and only as root.
func (p *Plan) disturbs() bool {
	return p.Action.Activates() || p.Action.MovesProfile() || p.Action == nixcmd.DryActivate || p.Action == nixcmd.Collect
}

// changes says whether a host is another one afterwards.
func (p *Plan) changes() bool { return p.Action.Activates() || p.Action.MovesProfile() }

// copies says whether the host is sent what was built elsewhere.
func (p *Plan) copies(h PlanHost) bool {
	return h.buildHost() != h.Name && p.Action != nixcmd.DryBuild
}

// Judge puts what was found into the plan: the hosts' generations, the
// findings, which of them is this machine and comes last, and, if the person
// wants that, which hosts are left out because they, or who builds for them,
// are down.
func (p *Plan) Judge(g *Ground) {
	for i, h := range p.Hosts {
		look := g.Looks[h.Name]
		p.Hosts[i].Generation = look.Survey.Reading.Generation
		p.Hosts[i].Seen = g.seen(p, h.Name)
		p.Hosts[i].Password = p.Ask && look.Err == nil && look.Survey.Sudo == fleet.SudoPassword
		c := g.Sudo.Forecasts[h.Name]
		p.Hosts[i].SudoAgent = c.Outlook == sshutil.SudoWillWork && c.By.Agent()
		p.Hosts[i].Last = h.Last || g.here(p.On, h.Name)
		if p.SkipDown && h.Skip == "" {
			p.Hosts[i].Skip = g.down(h)
		}
	}
	p.Findings = append(p.Findings, g.findings(p)...)
}

// here says whether a host is the machine that the run is started on, by
// whatever name the flake calls it. Its key tells; where none is known, as with
// a host that does not answer, its name has to do.
func (g *Ground) here(hostname, host string) bool {
	if key := g.Looks[host].Survey.Reading.MachineKey(); key != "" && g.Self != "" {
		return key == g.Self
	}
	name := g.Facts[host].HostName
	return hostname != "" && (name == hostname || name == "" && host == hostname)
}

// Refuse skips the hosts for which a blocker was found.
func (p *Plan) Refuse() {
	for _, f := range p.FindingsOf(LevelBlocker) {
		for i, h := range p.Hosts {
			if h.Skip == "" && h.Name == f.Host {
				p.Hosts[i].Skip = "refused: " + f.Message
			}
		}
	}
}

// FindingsOf are the plan's findings of one level.
func (p *Plan) FindingsOf(level Level) []Finding {
	var found []Finding
	for _, f := range p.Findings {
		if f.Level == level {
			found = append(found, f)
		}
	}
	return found
}

// Naming names some of the plan's hosts, and all of them, if they are many, by
// their number.
func (p *Plan) Naming(hosts []string) string {
	const few = 3
	if len(hosts) > few && len(hosts) == len(p.Hosts) {
		return fmt.Sprintf("all %d hosts", len(hosts))
	}
	return strings.Join(hosts, ", ")
}

// findings judges what was looked at. It is a pure function.
func (g *Ground) findings(p *Plan) []Finding {
	found := g.aboutTree(p)
	for _, h := range p.Hosts {
		if h.Skip == "" {
			found = append(found, g.about(p, h)...)
		}
	}
	return append(found, g.allTouches(p)...)
}

// about judges one host.
func (g *Ground) about(p *Plan, h PlanHost) []Finding {
	f := &finder{ground: g, plan: p, host: h}
	f.evaluation()
	look, looked := g.Looks[h.Name]
	there := looked && f.reached(look.Err)
	if there {
		f.survey = look.Survey
		f.busy()
		f.sudo()
		f.foretold()
		f.space()
		f.drift()
	}
	f.touches()
	place, placed := g.Looks[h.buildHost()]
	switch {
	case !placed:
	case place.Err == nil:
		f.daemon(place.Survey)
		f.platform(place.Survey)
	case h.buildHost() != h.Name:
		f.unreached(place.Err)
	}
	if there && p.copies(h) {
		f.trust()
	}
	return f.found
}

// finder collects the findings on one host.
type finder struct {
	ground *Ground
	plan   *Plan
	host   PlanHost
	survey fleet.Survey // of the host
	found  []Finding
}

func (f *finder) add(check Check, level Level, message, hint string) {
	f.found = append(f.found, Finding{Host: f.host.Name, Check: check, Level: level, Message: message, Hint: hint})
}

// reached judges whether the host could be looked at.
func (f *finder) reached(err error) bool {
	if err == nil {
		return true
	}
	reason, hint := reasonOf(err)
	if needsTouch(err) {
		f.add(CheckReach, LevelWarning, "it was not looked at beforehand: "+reason, hint)
		return false
	}
	if mayAnswer(err) && f.plan.Ask {
		f.add(CheckReach, LevelWarning, "it was not looked at beforehand: "+reason+"; when its turn comes you will be asked", hint)
		return false
	}
	f.add(CheckReach, LevelBlocker, "it "+shut(err)+": "+reason, f.notDown(err, hint))
	return false
}

// notDown adds to a hint why a machine's host is not left out although those are
// that are down, and them alone.
func (f *finder) notDown(err error, hint string) string {
	if !f.plan.SkipDown || fleet.IsDown(err) {
		return hint
	}
	return strings.TrimPrefix(strings.TrimSuffix(hint, ".")+"; it is not down, so it is not skipped", "; ")
}

// unreached judges that where the host is built could not be looked at.
func (f *finder) unreached(err error) {
	reason, hint := reasonOf(err)
	where := f.where()
	switch {
	case f.host.buildHost() == Here:
		f.add(CheckPlatform, LevelWarning, "what this machine builds for could not be learned: "+reason, hint)
	case needsTouch(err):
		f.add(CheckReach, LevelWarning, where+", where it is built, was not looked at beforehand: "+reason, hint)
	default:
		f.add(CheckReach, LevelBlocker, where+", where it is built, "+shut(err)+": "+reason, f.notDown(err, hint))
	}
}

// needsTouch says whether a login only waits for a person: preflight asks for
// no touch, but the run itself may.
func needsTouch(err error) bool {
	var e *sshutil.Error
	return errors.As(err, &e) && e.Kind == sshutil.KindNeedsTouch
}

// where is the machine that builds, in words.
func (f *finder) where() string {
	switch place := f.host.buildHost(); place {
	case Here:
		return "this machine"
	case f.host.Name:
		return "the host itself"
	default:
		return place
	}
}

// evaluation judges what the last evaluation of this tree told of the host.
func (f *finder) evaluation() {
	if facts := f.ground.Facts[f.host.Name]; facts.State == fleet.FactsFailed {
		f.add(CheckFlake, LevelWarning, "it did not evaluate when this tree was last looked at: "+facts.EvalError, "")
	}
}
