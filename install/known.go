package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/sshutil"
)

// missing are those of the new host's keys that the person's known_hosts lacks.
func (i *Installation) missing() ([]HostKey, error) {
	var lacking []HostKey
	for _, k := range i.keys {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k.Public))
		if err != nil {
			return nil, err
		}
		unknown := false
		for _, name := range []string{i.Plan.Host, i.Plan.Address} {
			err := sshutil.CheckKnownHosts(i.Plan.KnownHosts, name, i.Plan.Port, public)
			refusal, _ := errors.AsType[*sshutil.HostKeyError](err)
			switch {
			case err == nil:
			case refusal == nil:
				return nil, err
			case refusal.Kind == sshutil.KindHostKeyRevoked:
				return nil, fmt.Errorf("it says that this very key is revoked: %w", err)
			case i.another(refusal.Known):
				return nil, fmt.Errorf("it has another key for %s; if that machine is gone, `ssh-keygen -R %s` removes it: %w", name, name, err)
			default:
				unknown = true
			}
		}
		if unknown {
			lacking = append(lacking, k)
		}
	}
	return lacking, nil
}

// another says whether known_hosts has a key that is none of the new host's own,
// of which it may know some already.
func (i *Installation) another(known []sshutil.KnownKey) bool {
	return slices.ContainsFunc(known, func(line sshutil.KnownKey) bool {
		return !slices.ContainsFunc(i.keys, func(k HostKey) bool {
			public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k.Public))
			return err == nil && ssh.FingerprintSHA256(public) == line.Fingerprint
		})
	})
}

func (i *Installation) known(context.Context) (bool, string, error) {
	if i.Plan.KnownHosts == "" {
		return false, "", nil
	}
	lacking, err := i.missing()
	if err != nil {
		return false, "", nil // makeKnown says why
	}
	return len(lacking) == 0, i.Plan.KnownHosts + " has it", nil
}

// makeKnown shows the lines by which ssh will know the new host, and adds those
// that are missing on an explicit yes. Nothing that is there is touched.
func (i *Installation) makeKnown(ctx context.Context) error {
	lines := KnownHosts(i.Plan.Host, i.Plan.Address, i.Plan.Port, i.keys)
	i.tell(TellNote, "for ~/.ssh/known_hosts:")
	for _, line := range lines {
		i.tell(TellNote, "  "+line)
	}
	if i.Plan.KnownHosts == "" {
		return left{"put it where your ssh looks"}
	}
	lacking, err := i.missing()
	if err != nil {
		return left{"put it there yourself: " + err.Error()}
	}
	lines = KnownHosts(i.Plan.Host, i.Plan.Address, i.Plan.Port, lacking)
	yes, err := i.Ask(ctx, Question{Text: "Add this to " + i.Plan.KnownHosts + "?", Flag: "--write-known-hosts", Shown: lines})
	switch {
	case err != nil:
		return err
	case !yes:
		return left{"put it there yourself, or run this again with --write-known-hosts"}
	}
	if err := appendLines(i.Plan.KnownHosts, lines); err != nil {
		return left{"put it there yourself: it cannot be written: " + err.Error()}
	}
	return nil
}

// appendLines adds lines in one write, so that ssh, which may add its own at the
// same time, never sees half of them. What is there stays, also a last line
// without newline.
func appendLines(path string, lines []string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			b.WriteByte('\n')
		}
	}
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Sync(), f.Close())
}
