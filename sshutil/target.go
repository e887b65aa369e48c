package sshutil

import (
	"context"
	"time"
)

// Target is what ssh would do for one name: `ssh -G` in a struct.
type Target struct {
	Name                  string // as asked
	HostName              string
	User                  string
	Port                  int
	HostKeyAlias          string
	IdentityFiles         []string // absolute paths
	CertificateFiles      []string // absolute paths
	IdentitiesOnly        bool
	IdentityAgent         string // socket path; "none"; "" means SSH_AUTH_SOCK
	UserKnownHostsFiles   []string
	GlobalKnownHostsFiles []string
	ProxyJump             []string // first hop first; each as user@host:port, to be resolved itself
	ProxyCommand          string   // tokens expanded
	ForwardAgent          bool
	ForwardSocket         string // the agent that is forwarded; "" means the one that logs in
	HostKeyAlgorithms     []string
	CASignatureAlgorithms []string
	// The algorithms that the person allows; empty means x/crypto's defaults.
	PubkeyAcceptedAlgorithms []string
	KexAlgorithms            []string
	Ciphers                  []string
	MACs                     []string

	BindAddress         string        // the address that we connect from
	AddressFamily       string        // "inet", "inet6" or "any"
	ControlPath         string        // where a shared OpenSSH connection would have its socket
	ConnectTimeout      time.Duration // zero: the dialer's default
	ServerAliveInterval time.Duration
	ServerAliveCountMax int
	NeedsOpenSSH        string // why x/crypto cannot honour this target, or ""
	Straight            bool   // ssh connects to HostName and Port and takes nothing else from where they lead
}

// Resolver turns a host's name into a Target. OpenSSH is the real one; the
// demo has its own.
type Resolver interface {
	Resolve(ctx context.Context, name string) (Target, error)
}
