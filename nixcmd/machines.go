package nixcmd

import (
	"encoding/base64"
	"strings"
)

// Machine is one entry of nix.buildMachines or of a machines file.
type Machine struct {
	Protocol          string // "ssh" or "ssh-ng"
	HostName          string
	User              string
	Port              int
	Systems           []string
	SSHKey            string
	MaxJobs           int
	SpeedFactor       float64
	SupportedFeatures []string
	MandatoryFeatures []string
	PublicHostKey     string // plain "type base64", decoded from Nix's base64
}

// buildMachine is an entry of nix.buildMachines as JSON; null where unset.
type buildMachine struct {
	HostName          string   `json:"hostName"`
	Protocol          string   `json:"protocol"`
	System            string   `json:"system"`
	Systems           []string `json:"systems"`
	SSHUser           string   `json:"sshUser"`
	SSHKey            string   `json:"sshKey"`
	MaxJobs           *int     `json:"maxJobs"`
	SpeedFactor       *float64 `json:"speedFactor"`
	SupportedFeatures []string `json:"supportedFeatures"`
	MandatoryFeatures []string `json:"mandatoryFeatures"`
	PublicHostKey     string   `json:"publicHostKey"`
}

// machine applies the defaults of nixos/modules/config/nix-remote-build.nix.
func (b buildMachine) machine() Machine {
	m := Machine{
		Protocol: b.Protocol, HostName: b.HostName, User: b.SSHUser, Systems: b.Systems, SSHKey: b.SSHKey,
		MaxJobs: 1, SpeedFactor: 1,
		SupportedFeatures: b.SupportedFeatures, MandatoryFeatures: b.MandatoryFeatures,
	}
	if m.Protocol == "" {
		m.Protocol = "ssh"
	}
	if b.System != "" {
		m.Systems = []string{b.System}
	}
	if b.MaxJobs != nil {
		m.MaxJobs = *b.MaxJobs
	}
	if b.SpeedFactor != nil {
		m.SpeedFactor = *b.SpeedFactor
	}
	m.PublicHostKey, _ = decodeHostKey(b.PublicHostKey) // nix itself will complain of a bad one
	return m
}

// decodeHostKey turns Nix's base64 of a whole .pub line into "type base64".
func decodeHostKey(encoded string) (string, error) {
	if encoded == "" {
		return "", nil
	}
	line, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", err
	}
	words := strings.Fields(string(line))
	return strings.Join(words[:min(2, len(words))], " "), nil
}
