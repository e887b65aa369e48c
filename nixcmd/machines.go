package nixcmd

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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
	Mistake           string // what of an evaluated entry makes no sense: Nix would refuse the whole list for it
}

// MachineError is a mistake in a machines file. Nix itself refuses the whole
// list for one bad number or host key.
type MachineError struct {
	File    string
	Line    int
	Message string
}

func (e *MachineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// MachinesFile reads files in the format of /etc/nix/machines (machines.cc).
type MachinesFile struct {
	Read   func(path string) ([]byte, error) // such as os.ReadFile
	System string                            // of the machine that has the file, for entries that name none
}

// Load reads the file at path and those that it includes with `@path`. A file
// that is not there has no machines. It returns every entry that can be read;
// errors are *MachineError, or what Read returned.
func (f MachinesFile) Load(path string) ([]Machine, []error) { return f.load(path, nil) }

// load reads one file; above are those that include it.
func (f MachinesFile) load(path string, above []string) (machines []Machine, failed []error) {
	if slices.Contains(above, path) || len(above) > maxIncludes {
		return nil, []error{fmt.Errorf("%s includes itself", path)}
	}
	content, err := f.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, []error{fmt.Errorf("reading the machines file %s: %w", path, err)}
	}
	number := 0
	for line := range strings.SplitSeq(string(content), "\n") {
		number++
		line, _, _ = strings.Cut(line, "#")
		for entry := range strings.SplitSeq(line, ";") {
			entry = strings.TrimSpace(entry)
			if included, ok := strings.CutPrefix(entry, "@"); ok {
				more, wrong := f.load(strings.TrimSpace(included), append(above, path))
				machines, failed = append(machines, more...), append(failed, wrong...)
			} else if entry != "" {
				m, err := f.entry(entry)
				if err != nil {
					failed = append(failed, &MachineError{File: path, Line: number, Message: err.Error()})
					continue
				}
				machines = append(machines, m)
			}
		}
	}
	return machines, failed
}

// entry reads an entry of a length that a person would write.
func (f MachinesFile) entry(entry string) (Machine, error) {
	if len(entry) > maxEntry {
		return Machine{}, fmt.Errorf("an entry of %d bytes is no builder", len(entry))
	}
	return f.parse(entry)
}

// parse reads "URI systems sshKey maxJobs speedFactor supported mandatory
// hostKey", of which only the first must be there and "-" stands for the default.
func (f MachinesFile) parse(entry string) (m Machine, err error) {
	fields := strings.Fields(entry)
	field := func(i int) string {
		if i >= len(fields) || fields[i] == "-" {
			return ""
		}
		return fields[i]
	}
	if err := m.setURL(fields[0]); err != nil {
		return m, err
	}
	m.Systems = list(cmp.Or(field(1), f.System))
	m.SSHKey = cmp.Or(field(2), m.SSHKey)
	if m.MaxJobs, err = strconv.Atoi(cmp.Or(field(3), "1")); err != nil || m.MaxJobs < 0 {
		return m, fmt.Errorf("%q is no number of jobs", field(3))
	}
	if m.SpeedFactor, err = strconv.ParseFloat(cmp.Or(field(4), "1"), 64); err != nil || !(m.SpeedFactor >= 0) {
		return m, fmt.Errorf("%q is no speed factor", field(4))
	}
	if m.SpeedFactor == 0 {
		m.SpeedFactor = 1 // so does Nix
	}
	m.SupportedFeatures, m.MandatoryFeatures = list(field(5)), list(field(6))
	if key := field(7); key != "" {
		m.PublicHostKey, err = decodeHostKey(key)
	}
	return m, err
}

// setURL reads the store URL of a builder; without scheme it is ssh's.
func (m *Machine) setURL(store string) error {
	if store == "auto" || store == "daemon" || store == "local" {
		return fmt.Errorf("%q is the machine itself, no builder", store)
	}
	if !strings.Contains(store, "://") && !strings.Contains(store, "/") {
		store = "ssh://" + store
	}
	scheme, rest, _ := strings.Cut(store, "://")
	if user, host := cutLast(rest, "@"); strings.Count(host, ":") > 1 && !strings.Contains(host, "[") {
		store = scheme + "://" + user + "[" + host + "]" // Nix lets IPv6 go without
	}
	u, err := url.Parse(store)
	if err != nil || u.Hostname() == "" || u.Scheme != "ssh" && u.Scheme != "ssh-ng" {
		return fmt.Errorf("%q is no ssh:// or ssh-ng:// store", store)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && strings.Contains(u.Hostname(), ":") {
		return fmt.Errorf("%q is no host and no address", u.Hostname())
	}
	m.Protocol, m.HostName, m.User = u.Scheme, u.Hostname(), u.User.Username()
	if u.Port() != "" {
		if m.Port, err = strconv.Atoi(u.Port()); err != nil {
			return fmt.Errorf("%q is no port", u.Port())
		}
	}
	m.SSHKey = u.Query().Get("ssh-key")
	m.PublicHostKey, err = decodeHostKey(u.Query().Get("base64-ssh-public-host-key"))
	return err
}

// cutLast cuts s after the last separator; without one, all is after it.
func cutLast(s, separator string) (before, after string) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return "", s
	}
	return s[:i+len(separator)], s[i+len(separator):]
}

// storeURL is how nix names the machine's store, such as "ssh-ng://nix@build04".
func (m Machine) storeURL() string {
	u := url.URL{Scheme: m.Protocol, Host: m.HostName}
	if strings.Contains(m.HostName, ":") {
		u.Host = "[" + m.HostName + "]"
	}
	if m.Port != 0 {
		u.Host += ":" + strconv.Itoa(m.Port)
	}
	if m.User != "" {
		u.User = url.User(m.User)
	}
	return u.String()
}

// String is the machine's line in a machines file. As NixOS writes it,
// mandatory features stand among the supported ones too.
func (m Machine) String() string {
	supported := slices.Clone(m.SupportedFeatures)
	for _, feature := range m.MandatoryFeatures {
		if !slices.Contains(supported, feature) {
			supported = append(supported, feature)
		}
	}
	hostKey := "-"
	if m.PublicHostKey != "" {
		hostKey = base64.StdEncoding.EncodeToString([]byte(m.PublicHostKey + "\n"))
	}
	return strings.Join([]string{
		m.storeURL(), commas(m.Systems), cmp.Or(m.SSHKey, "-"), strconv.Itoa(m.MaxJobs),
		strconv.FormatFloat(m.SpeedFactor, 'g', -1, 64), commas(supported), commas(m.MandatoryFeatures), hostKey,
	}, " ")
}

func list(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ",")
}

func commas(items []string) string { return cmp.Or(strings.Join(items, ","), "-") }

// decodeHostKey turns Nix's base64 of a whole .pub line into "type base64".
func decodeHostKey(encoded string) (string, error) {
	if encoded == "" {
		return "", nil
	}
	line, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return "", errors.New("the host key is no base64; it is made with `base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub`")
	}
	words := strings.Fields(string(line))
	if len(words) < 2 {
		return "", errors.New("the host key's base64 holds no line such as \"ssh-ed25519 AAAA…\"")
	}
	return words[0] + " " + words[1], nil
}
