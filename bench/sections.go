package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nixfleet-tui/bench/figures"
)

// section is one thing that is measured, and a table of the page.
type section struct {
	name    string
	about   string
	measure func(ctx context.Context, b *bench) (figures.Table, error)
}

// sections are all there are, in the order of the page.
func sections() []section {
	return []section{
		{"status", "reading hosts beside OpenSSH under xargs, clush, parallel-ssh and ansible", status},
		{"ssh", "what our connections cost beside a bare loop over x/crypto", connections},
		{"runs", "a run beside xargs -P nixos-rebuild, on the lab", runs},
		{"evaluation", "what is never evaluated again, and how much memory evaluations take", evaluation},
		{"logs", "a log on its way from nixos-rebuild to a pane", logs},
		{"old-log", "opening a large old log beside less, lnav and multitail", oldLog},
		{"dashboard", "frames, keys and idling", dashboard},
		{"start", "how long --help takes, and how large the program is", start},
		{"nix-log", "decoding Nix's log beside encoding/json", nixLog},
		{"history", "listing a thousand runs", history},
		{"scale", "ten thousand hosts, and what each of them costs", scale},
		{"compare", "frames, keys and ticks beside those of the parent commit", compare},
	}
}

// choose returns the sections of these names, or all.
func choose(names []string) ([]section, error) {
	all := sections()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.name)
	}
	var chosen []section
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no section %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
