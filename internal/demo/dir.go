package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// directory is where the daemon and its clients meet; see the package comment.
type directory string

func (d directory) file(name string) string { return filepath.Join(string(d), name) }

func (d directory) daemonLock() string  { return d.file("daemon.lock") }
func (d directory) clientsLock() string { return d.file("clients.lock") }
func (d directory) endpoint() string    { return d.file("endpoint.json") }
func (d directory) end() string         { return d.file("end") }
func (d directory) daemonLog() string   { return d.file("daemon.log") }
func (d directory) clientKey() string   { return d.file("id_ed25519") }
func (d directory) knownHosts() string  { return d.file("known_hosts") }
func (d directory) sshConfig() string   { return d.file("ssh_config") }
func (d directory) hostKey(name string) string {
	return filepath.Join(string(d), "hosts", name+".key")
}
func (d directory) machine(name string) string {
	return filepath.Join(string(d), "hosts", name+".json")
}

// make makes the directory, for nobody else to read.
func (d directory) make() error {
	if err := os.MkdirAll(d.file("hosts"), 0o700); err != nil {
		return fmt.Errorf("making the demo's directory: %w", err)
	}
	return nil
}

// endpoint says where the hosts are. Written by the daemon by rename, once it serves.
type endpoint struct {
	Version int                `json:"version"`
	PID     int                `json:"pid"`
	Hosts   map[string]address `json:"hosts"` // by their names in fleet.nix
}

// address is where one host listens (or would, were it not off).
type address struct {
	Port int    `json:"port"`
	User string `json:"user"`
	FQDN string `json:"fqdn"` // its other name

	Original string `json:"original,omitempty"` // of a copy, the host that it is a copy of
}

// addCopies gives those of the hosts that are copies the place of their originals.
func (e endpoint) addCopies(hosts []host) {
	for _, h := range hosts {
		if h.original != "" {
			at := e.Hosts[h.original]
			at.FQDN, at.Original = h.fqdn(), h.original
			e.Hosts[h.Name] = at
		}
	}
}

// readEndpoint is what the daemon wrote; errors.Is fs.ErrNotExist when none serves.
func (d directory) readEndpoint() (endpoint, error) {
	var e endpoint
	b, err := os.ReadFile(d.endpoint())
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("reading %s: %w", d.endpoint(), err)
	}
	return e, nil
}
