package install

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"nixfleet-tui/sshutil"
)

// hardwareWritten holds as well of a file that was there before: that is the
// person's, and stays as it is.
func (i *Installation) hardwareWritten(context.Context) (bool, string, error) {
	path := i.Plan.Hardware
	if path == "" {
		return true, "not asked for", nil
	}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, "", nil
	case err != nil:
		return false, "", &Error{Message: "the hardware configuration cannot be read: " + err.Error(), Hint: "Give --hardware the path of a file.", Err: err}
	case sum(content) == i.record.WroteHardware:
		return true, path, nil
	}
	return true, path + " was there already and is kept", nil
}

// writeHardware asks the target, and makes the file; one that came up meanwhile
// is not overwritten.
func (i *Installation) writeHardware(ctx context.Context) error {
	content, err := i.readHardware(ctx)
	if err != nil {
		return err
	}
	i.record.WroteHardware = sum(content) // before the file, so that a cut leaves nothing of ours unknown
	if err := i.Records.write(i.record); err != nil {
		return err
	}
	if err := create(i.Plan.Hardware, content); err != nil {
		return &Error{Message: "the hardware configuration cannot be written: " + err.Error(), Hint: "Give --hardware a file in a directory that exists.", Err: err}
	}
	i.tell(TellNote, "import "+i.Plan.Hardware+" in the host's configuration, and `git add` it: a flake sees no other files")
	return nil
}

// readHardware has nixos-generate-config look at the target; where there is
// none, the same facts are asked of its kernel.
func (i *Installation) readHardware(ctx context.Context) ([]byte, error) {
	if !i.survey.has("nixos-generate-config") {
		out, err := i.script(ctx, hardwareScript)
		if err != nil {
			return nil, err
		}
		h, err := parseHardware(out)
		if err != nil {
			return nil, err
		}
		i.tell(TellNote, "there is no nixos-generate-config on the target; this is what its kernel tells")
		return h.nix(i.survey), nil
	}
	r, err := i.Target.Run(ctx, sshutil.Command{Line: "nixos-generate-config --root " + root + " --show-hardware-config", MaxOutput: maxOut})
	if err != nil {
		return nil, err
	}
	if r.ExitCode != 0 || len(r.Stdout) == 0 {
		return nil, failure("Run it there by hand to see more.", "nixos-generate-config failed on the target: %s", lastWords(r.Stderr, r.ExitCode))
	}
	return r.Stdout, nil
}

// create makes a file whole or not at all, and overwrites none.
func create(path string, content []byte) error {
	next, err := os.CreateTemp(filepath.Dir(path), ".nixfleet-*")
	if err != nil {
		return err
	}
	_, err = next.Write(content)
	err = errors.Join(err, next.Chmod(0o644), next.Close())
	if err == nil {
		err = os.Link(next.Name(), path) // fails where something is
	}
	return errors.Join(err, os.Remove(next.Name()))
}

// removeHardware removes the file if it is still what we wrote.
func (i *Installation) removeHardware(context.Context) (string, error) {
	content, err := os.ReadFile(i.record.Hardware)
	if i.record.WroteHardware == "" || errors.Is(err, fs.ErrNotExist) {
		return "nothing of ours", nil
	}
	if err != nil {
		return "", err
	}
	if sum(content) != i.record.WroteHardware {
		return i.record.Hardware + " was changed since and is kept", nil
	}
	i.record.WroteHardware = ""
	return "removed " + i.record.Hardware, errors.Join(os.Remove(i.record.Hardware), i.Records.write(i.record))
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}
