package fleet

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// dropGone removes what is kept of flakes whose directory is no longer there,
// once nobody has written it for long: of clones that were made for an hour, say.
// A flake that returns after that, or whose disk does, is evaluated anew.
func (c *Cache) dropGone(now time.Time) error {
	paths, err := filepath.Glob(filepath.Join(c.dir, "*.json"))
	if err != nil {
		return err
	}
	var failed []error
	for _, path := range paths {
		if longUnwritten(path, now) && c.isGone(path) {
			failed = append(failed, c.dropSource(path, now))
		}
	}
	return errors.Join(failed...)
}

// isGone says whether path is a source's file, and that source is not there.
func (c *Cache) isGone(path string) bool {
	raw, err := os.ReadFile(path)
	var e struct {
		Source Source `json:"source"`
	}
	if err != nil || json.Unmarshal(raw, &e) != nil || c.path(e.Source) != path {
		return false
	}
	dir := e.Source.dir()
	if dir == "" {
		return false
	}
	_, err = os.Stat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

// dropSource removes a source's file and what lies beside it, the file last, so
// that what is interrupted is done the next time. It leaves all of it when some
// of it is young.
func (c *Cache) dropSource(path string, now time.Time) error {
	beside, err := filepath.Glob(strings.TrimSuffix(path, ".json") + "-*.json")
	if err != nil {
		return err
	}
	all := append(beside, path+"l", path)
	for _, file := range all[:len(all)-1] {
		if _, err := os.Stat(file); err == nil && !longUnwritten(file, now) {
			return nil
		}
	}
	for _, file := range all {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// longUnwritten says whether nobody has written a file for long.
func longUnwritten(path string, now time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && now.Sub(info.ModTime()) > keptGone
}

// dir is the directory on this machine without which there is no such source; ""
// where there is none.
func (s Source) dir() string {
	if local, ok := parseLocal("/", s.Flake); ok {
		return local.dir
	}
	if s.File != "" {
		return filepath.Dir(s.File)
	}
	return ""
}
