// Package atomicfile replaces files so that whoever reads one finds it as it
// was before or as it is afterwards, never half of it.
//
// What is written goes into a file beside it, whose name begins with a dot and
// which nobody but us may read, and takes its place by rename. When that fails
// the old file stays, and nothing is left beside it. The directory has to be
// there already. That a file is read while it is replaced is no matter; who
// replaces one that others replace too needs a lock of his own.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write makes content the file at path.
func Write(path string, content []byte) error { return replace(path, content, false) }

// WriteDurable is Write for what must outlive a power cut: when it returns nil,
// the new content is on the disk (fsync, rename, fsync of the directory).
func WriteDurable(path string, content []byte) error {
	if err := replace(path, content, true); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func replace(path string, content []byte, sync bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(content)
	if err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
