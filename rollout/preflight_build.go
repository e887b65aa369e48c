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
	want := f.ground.platformOf(f.host.Name, f.survey)
	if want == "" || place.System() == "" || place.Builds(want) || f.declared(want) {
		return
	}
	names, level := f.ground.helpers(place.Machines, want)
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

// platformOf is the kind of machine that a host's system is built for. Where
// no evaluation has told it, what the host runs now does.
func (g *Ground) platformOf(host string, s fleet.Survey) string {
	facts := g.Facts[host]
	for _, system := range []string{facts.BuildSystem, facts.System, g.Systems[host], s.Reading.System} {
		if system != "" {
			return system
		}
	}
	return ""
}

// declared says whether the inventory says of the builder that builds the host
// that it builds for system.
func (f *finder) declared(system string) bool {
	b, ok := f.ground.builder(f.host.buildHost())
	return ok && slices.Contains(b.Systems, system)
}

func (g *Ground) builder(name string) (fleet.Builder, bool) {
	i := slices.IndexFunc(g.Builders, func(b fleet.Builder) bool { return name != Here && (b.Name == name || b.Host == name) })
	if i < 0 {
		return fleet.Builder{}, false
	}
	return g.Builders[i], true
}

// helpers are the machines that could build for system in a machine's stead: a
// note when one is well, a warning when that is not known of any, else the
// host must be confirmed.
func (g *Ground) helpers(machines []nixcmd.Machine, system string) ([]string, Level) {
	var names []string
	level := LevelConfirm
	for _, m := range machines {
		if !buildsFor(m, system) {
			continue
		}
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

func buildsFor(m nixcmd.Machine, system string) bool {
	return m.MaxJobs > 0 && slices.Contains(m.Systems, system)
}

// NeedsHelp names the machines, as machines files name them, on whose health a
// host's platform depends: they are to be looked at before findings are made.
func (g *Ground) NeedsHelp(p *Plan) []string {
	var names []string
	for _, h := range p.Hosts {
		place, looked := g.Looks[h.buildHost()]
		want := g.platformOf(h.Name, g.Looks[h.Name].Survey)
		if h.Skip != "" || !looked || place.Err != nil || want == "" || place.Survey.Builds(want) {
			continue
		}
		for _, m := range place.Survey.Machines {
			if buildsFor(m, want) && !slices.Contains(names, m.HostName) {
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
