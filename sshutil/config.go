package sshutil

import (
	"bytes"
	"fmt"
	"strings"
)

// ConfigHost is one Host block of a generated ssh configuration. Empty fields
// are left to the person's own files.
type ConfigHost struct {
	Name         string // the fleet's name, which is what ssh is asked for
	HostName     string
	User         string
	Port         int
	ForwardAgent *bool
}

// Config is an ssh configuration that lays a fleet's settings over the person's own.
type Config struct {
	Hosts    []ConfigHost
	Includes []string // the person's and the system's files; see PersonalConfig
}

// keepalives is what hosts get that set nothing of it themselves: a cut link
// would otherwise hang a child for ever. ssh keeps the first value it reads,
// so this stands last.
const keepalives = `Match all
	ServerAliveInterval 10
	ServerAliveCountMax 3
	ConnectTimeout 8
`

// Render returns the text of the configuration: the Host blocks, the includes,
// and keepalives for whoever has none (ServerAliveInterval 10,
// ServerAliveCountMax 3, ConnectTimeout 8). Names that ssh could misread are
// refused.
func (c Config) Render() ([]byte, error) {
	var out bytes.Buffer
	for _, h := range c.Hosts {
		if err := h.render(&out); err != nil {
			return nil, newError(KindConfigBad, h.Name, err.Error(), "correct the host's entry in fleet.nix", err)
		}
	}
	// An Include after a Host line would belong to that host only.
	out.WriteString("Match all\n")
	for _, path := range c.Includes {
		if strings.ContainsAny(path, "\"\\\n\r*?[]") {
			err := fmt.Errorf("ssh cannot include a file called %q", path)
			return nil, newError(KindConfigBad, "", err.Error(), "give the file another name", err)
		}
		fmt.Fprintf(&out, "\tInclude \"%s\"\n", path)
	}
	out.WriteString(keepalives)
	return out.Bytes(), nil
}

func (h ConfigHost) render(out *bytes.Buffer) error {
	if err := checkPatternless(h.Name); err != nil {
		return err
	}
	fmt.Fprintf(out, "Host %s\n", h.Name)
	if h.HostName != "" {
		if err := checkName(h.HostName); err != nil {
			return fmt.Errorf("address %q: %w", h.HostName, err)
		}
		fmt.Fprintf(out, "\tHostName %s\n", strings.ReplaceAll(h.HostName, "%", "%%"))
	}
	if h.User != "" {
		if err := checkUser(h.User); err != nil || strings.ContainsAny(h.User, " \t\\") {
			return fmt.Errorf("user %q is no login name", h.User)
		}
		fmt.Fprintf(out, "\tUser %s\n", h.User)
	}
	if h.Port != 0 {
		if h.Port < 0 || h.Port > 65535 {
			return fmt.Errorf("%d is no port", h.Port)
		}
		fmt.Fprintf(out, "\tPort %d\n", h.Port)
	}
	if h.ForwardAgent != nil {
		word := "no"
		if *h.ForwardAgent {
			word = "yes"
		}
		fmt.Fprintf(out, "\tForwardAgent %s\n", word)
	}
	return nil
}
