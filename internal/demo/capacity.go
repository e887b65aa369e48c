package demo

import (
	"fmt"
	"strings"
)

// capacity is what a builder's ladder asks for: how its Nix is really set, and
// what room it has. What it builds for besides its own system is emulated.
func (s snapshot) capacity(h host) []answer {
	const freeGiB, inodes = 212, 16_000_000
	all := []answer{
		{"nix system", "-" + s.current.arch},
		{"nix max-jobs", "-8"},
		{"nix min-free", "-0"},
		{"room k", fmt.Sprintf("%d %d", 2*freeGiB<<20, freeGiB<<20)},
		{"room i", fmt.Sprintf("%d %d", 2*inodes, inodes)},
	}
	if h.Builder != nil {
		all = append(all,
			answer{"nix extra-platforms", "-" + strings.Join(h.Builder.Systems, " ")},
			answer{"nix system-features", "-" + strings.Join(h.Builder.SupportedFeatures, " ")})
	}
	return all
}
