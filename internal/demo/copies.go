package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// HostsVariable asks for a larger fleet, to see how the program does with it:
// as many hosts, of which those beyond the dozen are copies. A copy is another
// name under which one of the dozen answers; it can be looked at like every host.
const HostsVariable = "NIXFLEET_DEMO_HOSTS"

// hostsAtMost is how large the fleet can be made.
const hostsAtMost = 100_000

// hostsWanted reads the size of the fleet; 0 is that of the embedded one.
func hostsWanted(wanted string) int {
	n, err := strconv.Atoi(wanted)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, hostsAtMost)
}

// withCopies returns hosts with as many copies as it takes to be so many,
// sorted by name. Copies build for nobody.
func withCopies(hosts []host, wanted int) []host {
	all := slices.Clone(hosts)
	for i := 0; len(all) < wanted; i++ {
		h := hosts[i%len(hosts)]
		h.original = h.Name
		number := fmt.Sprintf("-%05d", i/len(hosts)+1)
		h.Name += number
		if name, domain, ok := strings.Cut(h.Address, "."); ok {
			h.Address = name + number + "." + domain
		}
		h.Builder = nil
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b host) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// fileWithCopies is the embedded fleet.nix with those of the hosts in it that
// are copies.
func fileWithCopies(hosts []host) (json.RawMessage, error) {
	if !slices.ContainsFunc(hosts, func(h host) bool { return h.original != "" }) {
		return fleetJSON, nil
	}
	var file map[string]json.RawMessage
	var described map[string]map[string]json.RawMessage
	if err := json.Unmarshal(fleetJSON, &file); err != nil {
		return nil, fmt.Errorf("reading the embedded fleet: %w", err)
	}
	if err := json.Unmarshal(file["hosts"], &described); err != nil {
		return nil, fmt.Errorf("reading the embedded fleet: %w", err)
	}
	for _, h := range hosts {
		if h.original == "" {
			continue
		}
		copied := map[string]json.RawMessage{}
		for key, value := range described[h.original] {
			if key != "builder" {
				copied[key] = value
			}
		}
		if h.Address != "" {
			copied["address"] = json.RawMessage(strconv.Quote(h.Address))
		}
		described[h.Name] = copied
	}
	var err error
	if file["hosts"], err = json.Marshal(described); err != nil {
		return nil, err
	}
	return json.Marshal(file)
}
