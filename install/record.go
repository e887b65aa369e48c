package install

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"nixfleet-tui/internal/atomicfile"

	"golang.org/x/sys/unix"
)

// Record is what is remembered of an installation between two starts. What the
// target can be asked is not in it.
type Record struct {
	Version  int       `json:"version"`
	Host     string    `json:"host"`
	Target   string    `json:"target"`
	Hardware string    `json:"hardware,omitempty"` // file that the hardware configuration goes to
	Started  time.Time `json:"started"`

	WroteHardware string     `json:"wroteHardware,omitempty"` // SHA-256 of what we wrote there, in hex
	Keys          []HostKey  `json:"keys,omitempty"`          // those that we made
	Rekeyed       bool       `json:"rekeyed,omitempty"`       // the person said so of the secrets
	BuiltOn       string     `json:"builtOn,omitempty"`       // machine of the fleet that keeps the system for us
	Copied        []string   `json:"copied,omitempty"`        // store paths that we brought to /mnt
	Installed     *time.Time `json:"installed,omitempty"`     // when the flow came to its end
	Rebooting     *Rebooting `json:"rebooting,omitempty"`     // since the target was told to
}

// Records keeps them, one file per host.
type Records struct{ Dir string }

// path is the record of a host: its name is a file name, percent-encoded where
// it must be.
func (r Records) path(host string) string {
	return filepath.Join(r.Dir, url.PathEscape(host)+".json")
}

// root is the link that keeps the built system from garbage collection.
func (r Records) root(host string) string {
	return filepath.Join(r.Dir, url.PathEscape(host)+".system")
}

// Read returns nil when there is none.
func (r Records) Read(host string) (*Record, error) {
	content, err := os.ReadFile(r.path(host))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var rec Record
	if err == nil {
		err = json.Unmarshal(content, &rec)
	}
	switch {
	case err != nil:
		return nil, &Error{Message: "what is known of this installation cannot be read: " + err.Error(), Hint: "Remove " + r.path(host) + "; what was done on the target is seen there.", Err: err}
	case rec.Version != recordVersion:
		return nil, failure("Use that version, or remove "+r.path(host)+".", "this installation was begun by another version of this program")
	}
	return &rec, nil
}

// write replaces a host's record by rename.
func (r Records) write(rec Record) error {
	rec.Version = recordVersion
	content, err := json.MarshalIndent(rec, "", "  ")
	if err == nil {
		err = os.MkdirAll(r.Dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("keeping the installation's record: %w", err)
	}
	if err := atomicfile.WriteDurable(r.path(rec.Host), append(content, '\n')); err != nil {
		return fmt.Errorf("keeping the installation's record: %w", err)
	}
	return nil
}

// forget removes a host's record; there may be none.
func (r Records) forget(host string) error {
	err := os.Remove(r.path(host))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Lock keeps a second start for the same host away until release is called.
func (r Records) Lock(host string) (release func() error, err error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("keeping the installation's record: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(r.Dir, url.PathEscape(host)+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the installation: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		held := failure("Wait for it, or end it there.", "another start of this program is installing %s just now", host)
		held.Err = err
		return nil, errors.Join(held, f.Close())
	}
	return f.Close, nil
}

// Latest is the host of the installation that was begun last and has not come
// to its end, or "". Records that cannot be read are passed over.
func (r Records) Latest() string {
	files, err := filepath.Glob(filepath.Join(r.Dir, "*.json"))
	if err != nil {
		return "" // the directory is ours and its name well-formed
	}
	var latest Record
	for _, f := range files {
		content, err := os.ReadFile(f)
		var rec Record
		if err == nil && json.Unmarshal(content, &rec) == nil && rec.Version == recordVersion && !rec.over() && rec.Started.After(latest.Started) {
			latest = rec
		}
	}
	return latest.Host
}

// over says whether nothing is left to be done.
func (r Record) over() bool {
	return r.Installed != nil && (r.Rebooting == nil || r.Rebooting.Arrived != nil)
}
