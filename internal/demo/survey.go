package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// surveyed are what preflight asks for besides: how the host's Nix is set, and
// who is activating a system. id is what `id` prints for who asks.
func (s snapshot) surveyed(h host, id string) []answer {
	all := []answer{
		{"id", id},
		// A dash stands before each value, which may be empty.
		{"conf read", "-1"},
		{"conf system", "-" + s.current.arch},
		{"conf require-sigs", "-true"},
		{"conf trusted-public-keys", "-" + strings.Join(s.facts.TrustedKeys, " ")},
	}
	if h.Builder != nil { // what it builds besides its own is emulated
		others := slices.DeleteFunc(slices.Clone(h.Builder.Systems), func(system string) bool { return system == h.System })
		all = append(all, answer{"conf extra-platforms", "-" + strings.Join(others, " ")})
	}
	for i, m := range s.facts.Machines {
		line := fmt.Sprintf("%s://%s@%s %s %s %d %g %s %s -", m.Protocol, m.User, m.HostName, strings.Join(m.Systems, ","), m.SSHKey, m.MaxJobs, m.SpeedFactor,
			cmp.Or(strings.Join(m.SupportedFeatures, ","), "-"), cmp.Or(strings.Join(m.MandatoryFeatures, ","), "-"))
		all = append(all, answer{"machine " + strconv.Itoa(i+1), line})
	}
	if w := s.switching; w != nil {
		all = append(all,
			answer{"switcher", w.by},
			answer{"switchage", strconv.Itoa(int(s.now.Sub(w.since).Seconds()))},
			answer{"switchcommand", w.command})
	}
	return all
}
