package fleet

import (
	"cmp"
	"slices"
	"strings"
)

// Holder is a machine that has taken slots of a builder for builds of its own.
type Holder struct {
	Host  string // or ThisMachineName
	Slots int
}

// holdingSlots are those who answer and have taken slots of anybody: few, also
// in a large fleet.
func holdingSlots(statuses map[string]Status) map[string]Status {
	holding := map[string]Status{}
	for host, s := range statuses {
		if s.State == StateUp && len(s.Reading.Slots) > 0 {
			holding[host] = s
		}
	}
	return holding
}

// Holders are the machines that have taken slots of the builder now, by what
// each of them says of itself; who has most comes first. A machine that goes by
// several names is one, under the name that it gives itself if that is one of them.
func (inv *Inventory) Holders(b Builder, statuses map[string]Status) []Holder {
	names := inv.namesOf(b)
	var all []Holder
	at := map[string]int{} // by machine
	for _, host := range sortedKeys(statuses) {
		s := statuses[host]
		n := 0
		for _, slot := range s.Reading.Slots {
			if s.State == StateUp && slices.Contains(names, slotHost(slot)) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		key := keep(s.Reading.MachineKey(), host)
		if i, counted := at[key]; !counted {
			at[key] = len(all)
			all = append(all, Holder{host, n})
		} else if host == s.Reading.Host || all[i].Host == ThisMachineName {
			all[i].Host = host
		}
	}
	slices.SortFunc(all, func(a, b Holder) int { return cmp.Or(b.Slots-a.Slots, strings.Compare(a.Host, b.Host)) })
	return all
}

// namesOf are what machines files may call a builder.
func (inv *Inventory) namesOf(b Builder) []string {
	names := []string{b.Name, b.Address}
	if h, ok := inv.Host(b.Host); ok {
		names = append(names, h.Name, h.Address)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// slotHost is the machine in the name of one of Nix's lock files, such as
// "ssh-ng:__nix@big.example.org-3" (build-remote.cc); "" where it cannot be told.
func slotHost(slot string) string {
	i := strings.LastIndexByte(slot, '-')
	if i < 0 {
		return ""
	}
	_, host, ok := strings.Cut(slot[:i], ":__")
	if !ok {
		return ""
	}
	host, _, _ = strings.Cut(host, "?")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if name, port, ok := strings.Cut(host, ":"); ok && !strings.Contains(port, ":") {
		return name
	}
	return strings.Trim(host, "[]")
}
