package nixcmd

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
	var err error
	if m.PublicHostKey, err = decodeHostKey(b.PublicHostKey); err != nil {
		m.Mistake = err.Error()
	}
	return m
}
