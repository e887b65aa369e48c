package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// fleetJSON is fleet.nix as `nix-instantiate --eval --strict --json` gives it.
//
//go:embed fleet.json
var fleetJSON []byte

// host is what the demo needs to know of a host in fleet.nix.
type host struct {
	Name    string   `json:"-"`
	Address string   `json:"address"`
	Port    int      `json:"port"`
	User    string   `json:"user"`
	System  string   `json:"system"`
	Tags    []string `json:"tags"`
	Builder *builder `json:"builder"`

	original string // of a copy, the host that it is a copy of
}

// builder is the builder's part of a host.
type builder struct {
	Systems           []string `json:"systems"`
	MaxJobs           int      `json:"maxJobs"`
	SpeedFactor       float64  `json:"speedFactor"`
	SSHUser           string   `json:"sshUser"`
	SSHKey            string   `json:"sshKey"`
	SupportedFeatures []string `json:"supportedFeatures"`
	MandatoryFeatures []string `json:"mandatoryFeatures"`
	SigningKey        string   `json:"signingKey"`
}

// fqdn is the name by which other machines call the host.
func (h host) fqdn() string {
	if h.Address != "" {
		return h.Address
	}
	return h.Name
}

// itself is the host, or the one that it is a copy of.
func (h host) itself() host {
	if h.original != "" {
		h.Name = h.original
	}
	return h
}

// readFleet returns the hosts of the embedded fleet, sorted by name.
func readFleet() ([]host, error) {
	var f struct {
		Defaults struct {
			User string `json:"user"`
		} `json:"defaults"`
		Hosts map[string]host `json:"hosts"`
	}
	if err := json.Unmarshal(fleetJSON, &f); err != nil {
		return nil, fmt.Errorf("reading the embedded fleet: %w", err)
	}
	var hosts []host
	for _, name := range slices.Sorted(maps.Keys(f.Hosts)) {
		h := f.Hosts[name]
		h.Name = name
		if h.User == "" {
			h.User = f.Defaults.User
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}
