package nixcmd

import (
	"net/url"
	"strconv"
	"strings"
)

// ParseMachines reads the content of a machines file, as in src/libstore/machines.cc:
// one machine a line (or between semicolons), its fields separated by blanks,
// "-" or nothing for a default. Lines that make no sense are passed over, and
// so are references to further files ("@/path"): whoever reads the file knows
// where to find them.
func ParseMachines(content string) []Machine {
	var all []Machine
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, "#")
		for entry := range strings.SplitSeq(line, ";") {
			if fields := strings.Fields(entry); len(fields) > 0 && !strings.HasPrefix(fields[0], "@") {
				all = append(all, machineOf(fields))
			}
		}
	}
	return all
}

// The places of the fields in an entry.
const (
	fieldURI = iota
	fieldSystems
	fieldKey
	fieldJobs
	fieldSpeed
	fieldFeatures
	fieldMandatory
	fieldHostKey
)

func machineOf(fields []string) Machine {
	field := func(i int) string {
		if i >= len(fields) || fields[i] == "-" {
			return ""
		}
		return fields[i]
	}
	list := func(i int) []string {
		return strings.FieldsFunc(field(i), func(r rune) bool { return r == ',' })
	}
	m := Machine{MaxJobs: 1, SpeedFactor: 1, Systems: list(fieldSystems), SSHKey: field(fieldKey),
		SupportedFeatures: list(fieldFeatures), MandatoryFeatures: list(fieldMandatory)}
	m.reach(field(fieldURI))
	if jobs, err := strconv.Atoi(field(fieldJobs)); err == nil {
		m.MaxJobs = jobs
	}
	if speed, err := strconv.ParseFloat(field(fieldSpeed), 64); err == nil {
		m.SpeedFactor = speed
	}
	m.PublicHostKey, _ = decodeHostKey(field(fieldHostKey)) // nix itself will complain of a bad one
	return m
}

// reach reads where a machine is: a store URI, or user@host for ssh.
func (m *Machine) reach(uri string) {
	m.Protocol, m.HostName = "ssh", uri
	if protocol, rest, ok := strings.Cut(uri, "://"); ok {
		m.Protocol, m.HostName = protocol, rest
	}
	rest, query, _ := strings.Cut(m.HostName, "?")
	if values, err := url.ParseQuery(query); err == nil && m.SSHKey == "" {
		m.SSHKey = values.Get("ssh-key")
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		m.User, rest = rest[:at], rest[at+1:]
	}
	m.HostName = rest
	host, port, ok := cutPort(rest)
	if ok {
		m.HostName, m.Port = host, port
	}
	m.HostName = strings.Trim(m.HostName, "[]")
}

// cutPort splits host:port; an IPv6 address needs brackets to have a port.
func cutPort(s string) (host string, port int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		return s, 0, false
	}
	port, err := strconv.Atoi(s[i+1:])
	return s[:i], port, err == nil
}
