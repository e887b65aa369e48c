package rollout

import (
	"fmt"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// daemon judges whether Nix answers where the host is built.
func (f *finder) daemon(place fleet.Survey) {
	if f.host.buildHost() == Here {
		return // Nix here has answered already
	}
	if there := place.Reading.Store; there != nil && !*there {
		f.add(CheckStore, LevelBlocker, "the Nix daemon does not listen where it is built, on "+f.where(), "Look at it there: systemctl status nix-daemon.socket")
	}
	if f.host.buildHost() != f.host.Name {
		f.roomElsewhere(place)
	}
}

// roomElsewhere judges the disk of the machine that builds for the host.
func (f *finder) roomElsewhere(place fleet.Survey) {
	f.room("/nix/store on "+f.where()+", where it is built,", place.Store, storeLow, storeFull, "Collect garbage there: sudo nix-collect-garbage")
}

// platform judges whether somebody builds for the host's kind of machine.
// Everything may be there to be fetched, so that nobody does is not yet a failure.
func (f *finder) platform(place fleet.Survey) {
	want, machines, others := f.ground.byOthers(f.host)
	if !others {
		return
	}
	names, level := f.ground.helpers(machines)
	if level == LevelNote {
		return
	}
	message := fmt.Sprintf("nobody builds for %s: %s is %s", want, f.where(), place.System())
	hint := "Build it on a machine that can (--build-on NAME), or emulate it there (boot.binfmt.emulatedSystems). It goes well only if all of it can be fetched."
	switch {
	case level == LevelWarning:
		message = fmt.Sprintf("whether anybody builds for %s is not known: %s is %s, and only %s would", want, f.where(), place.System(), strings.Join(names, ", "))
	case len(names) > 0:
		message += ", and " + strings.Join(names, ", ") + " cannot be used now"
	}
	f.add(CheckPlatform, level, message, hint)
}

// byOthers says whether a host's kind of machine, want, is not one that the
// machine where it is built builds for, and to which others that one's Nix would
// send it. Of a machine that was not looked at nothing is said.
func (g *Ground) byOthers(h PlanHost) (want string, machines []nixcmd.Machine, others bool) {
	place, looked := g.Looks[h.buildHost()]
	want = g.platformOf(h.Name)
	if !looked || place.Err != nil || want == "" || place.Survey.System() == "" || place.Survey.Builds(want) || g.declared(h, want) {
		return want, nil, false
	}
	for _, m := range place.Survey.Machines {
		if m.MaxJobs > 0 && slices.Contains(m.Systems, want) {
			machines = append(machines, m)
		}
	}
	return want, machines, true
}

// platformOf is the kind of machine that a host's system is built for. Where
// no evaluation has told it, what the host runs now does.
func (g *Ground) platformOf(host string) string {
	facts := g.Facts[host]
	for _, system := range []string{facts.BuildSystem, facts.System, g.Systems[host], g.Looks[host].Survey.Reading.System} {
		if system != "" {
			return system
		}
	}
	return ""
}

// declared says whether the inventory says of the builder that builds the host
// that it builds for system.
func (g *Ground) declared(h PlanHost, system string) bool {
	b, ok := g.builder(h.buildHost())
	return ok && slices.Contains(b.Systems, system)
}

func (g *Ground) builder(name string) (fleet.Builder, bool) {
	i := slices.IndexFunc(g.Builders, func(b fleet.Builder) bool { return name != Here && (b.Name == name || b.Host == name) })
	if i < 0 {
		return fleet.Builder{}, false
	}
	return g.Builders[i], true
}

// helpers are the names of machines that could build in another's stead: a note
// when one is well, a warning when that is not known of any, else the host must
// be confirmed.
func (g *Ground) helpers(machines []nixcmd.Machine) ([]string, Level) {
	var names []string
	level := LevelConfirm
	for _, m := range machines {
		names = append(names, m.HostName)
		switch g.Helpers[m.HostName].Health {
		case fleet.HealthOK:
			return names, LevelNote
		case fleet.HealthDown, fleet.HealthIll:
		default:
			level = LevelWarning
		}
	}
	return names, level
}

// NeedsHelp names the machines, as machines files name them, on whose health a
// host's platform depends: they are to be looked at before findings are made.
func (g *Ground) NeedsHelp(p *Plan) []string {
	var names []string
	for _, h := range p.Hosts {
		_, machines, _ := g.byOthers(h)
		for _, m := range machines {
			if h.Skip == "" && !slices.Contains(names, m.HostName) {
				names = append(names, m.HostName)
			}
		}
	}
	return names
}

// trust judges whether the host takes what is built elsewhere: its Nix must
// trust the user who brings it, or the key of the machine that built it.
func (f *finder) trust() {
	s := f.survey
	facts := f.ground.Facts[f.host.Name]
	there := facts.State == fleet.FactsFresh && facts.Wanted != "" && facts.Wanted == s.Reading.Current
	if s.Trust == nixcmd.Trusted || s.Conf.Unsigned || there || f.signs() {
		return
	}
	user := s.User
	if user == "" {
		user = "the login user"
	}
	hint := fmt.Sprintf("Build it on the host itself (--build-on target), add %s to nix.settings.trusted-users there, or let %s sign what it builds and the host trust its key.", user, f.where())
	switch {
	case s.Trust == nixcmd.NotTrusted:
		f.add(CheckTrust, LevelBlocker, fmt.Sprintf("its Nix does not trust %s, and would refuse what %s has built", user, f.where()), hint)
	case s.TrustErr != nil:
		f.add(CheckTrust, LevelWarning, "whether its Nix takes what is built elsewhere could not be learned: "+errText(s.TrustErr), hint)
	default:
		f.add(CheckTrust, LevelWarning, "its Nix is too old to say whether it takes what is built elsewhere", hint)
	}
}

// signs says whether the machine that builds signs with a key that the host
// trusts. The host's own nix.conf counts; where it cannot be read, the flake.
func (f *finder) signs() bool {
	place := f.host.buildHost()
	if place == Here {
		place = f.plan.On
	}
	b, ok := f.ground.builder(place)
	if !ok || b.SigningKey == "" {
		return false
	}
	keys := f.survey.Conf.TrustedKeys
	if !f.survey.Conf.Read {
		keys = f.ground.Facts[f.host.Name].TrustedKeys
	}
	return slices.Contains(keys, b.SigningKey)
}
