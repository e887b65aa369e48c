package nixcmd

import (
	"context"
	"encoding/json"
)

// FlakeMetadata is the part of `nix flake metadata --json` that matters here.
type FlakeMetadata struct {
	Ref           string // as asked
	URL           string // resolved, absolute, not locked: safe from any directory
	LockedURL     string // locked to a revision or hash; "" for a dirty tree
	Fingerprint   string // identifies the content; computed where Nix gives none
	Revision      string // of a clean tree, or ""
	DirtyRevision string // of a dirty tree, or ""
	Dir           string // the local checkout, or ""
}

// Dirty says whether the tree has uncommitted changes.
func (m FlakeMetadata) Dirty() bool { return m.LockedURL == "" }

// HostFacts is what evaluating one host tells.
type HostFacts struct {
	System       string    // hostPlatform, such as "aarch64-linux"
	BuildSystem  string    // buildPlatform; differs when cross-compiled
	HostName     string    // networking.hostName
	FQDN         string    // networking.fqdnOrHostName
	Wanted       string    // toplevel's outPath: the system that the flake wants (W)
	TrustedKeys  []string  // nix.settings.trusted-public-keys
	Machines     []Machine // nix.buildMachines
	StateVersion string
	Deploy       Deploy // colmena's deployment options, if the flake has them
}

// Deploy is what deploy-rs's or colmena's settings say of a host.
type Deploy struct {
	Host string
	User string
	Port int
	Tags []string
}

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

// Nix asks the nix program. Its errors are *Error: what Nix said, without the trace.
type Nix struct {
	Program string // default "nix"
	Dir     string // working directory
	Low     bool   // run at low priority
}

// Error is a failed call of nix, told for people.
type Error struct {
	Doing   string // such as "evaluating the host names of ."
	Message string // Nix's own decisive line, without "error: "
	Full    string // all that Nix printed, for the log
	Err     error
}

func (e *Error) Error() string { return e.Doing + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Metadata reads the flake's metadata without evaluating its outputs.
func (n *Nix) Metadata(ctx context.Context, ref string) (FlakeMetadata, error) { panic("soon") }

// HostNames lists the attributes of nixosConfigurations, sorted. A flake
// without them has none.
func (n *Nix) HostNames(ctx context.Context, ref string) ([]string, error) { panic("soon") }

// Facts evaluates one host.
func (n *Nix) Facts(ctx context.Context, ref, host string) (HostFacts, error) { panic("soon") }

// DeployNodes reads deploy.nodes and colmenaHive where the flake has them.
func (n *Nix) DeployNodes(ctx context.Context, ref string) (map[string]Deploy, error) { panic("soon") }

// File evaluates a Nix file that needs no arguments and returns it as JSON.
func (n *Nix) File(ctx context.Context, path string) (json.RawMessage, error) { panic("soon") }
