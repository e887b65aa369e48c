package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What was evaluated of a tree is set aside when another takes its place, as
// with git switch or git stash, and is taken back when that tree returns: a
// file per tree beside the source's own, of the same form, with what was
// evaluated at that fingerprint alone.

// setAside keeps what was evaluated of the tree that was present, if another
// one is now, and drops what was set aside longest ago.
func (c *Cache) setAside(was, now cacheEntry) error {
	if was.Names == nil || now.Names.is(was.Names.Flake.Fingerprint) {
		return nil
	}
	tree := was.of(was.Names.Flake.Fingerprint)
	if len(tree.Hosts) == 0 { // its names alone are soon read again
		return nil
	}
	if err := c.write(c.treePath(was.Source, was.Names.Flake.Fingerprint), tree); err != nil {
		return err
	}
	return c.dropTrees(was.Source)
}

// takeBack makes a tree that was set aside the present one. It says whether
// there was such a one.
func (c *Cache) takeBack(src Source, fingerprint string) bool {
	if c == nil || fingerprint == "" {
		return false
	}
	raw, err := os.ReadFile(c.treePath(src, fingerprint))
	var tree cacheEntry
	if err != nil || json.Unmarshal(raw, &tree) != nil || tree.Version != cacheVersion || !tree.Names.is(fingerprint) {
		return false
	}
	c.change(src, func(e *cacheEntry) {
		e.Names = tree.Names
		if tree.Deploy != nil {
			e.Deploy = tree.Deploy
		}
		hosts := maps.Clone(e.Hosts) // others hold the old one
		if hosts == nil {
			hosts = map[string]cachedHost{}
		}
		for name, h := range tree.Hosts {
			if h.Good == nil {
				h.Good = hosts[name].Good
			}
			hosts[name] = h
		}
		e.Hosts = hosts
	})
	return true
}

// of is what was evaluated at one fingerprint.
func (e cacheEntry) of(fingerprint string) cacheEntry {
	tree := cacheEntry{Version: e.Version, Source: e.Source, Names: e.Names, Hosts: map[string]cachedHost{}}
	if e.Deploy != nil && e.Deploy.Fingerprint == fingerprint {
		tree.Deploy = e.Deploy
	}
	for name, h := range e.Hosts {
		if h.Good != nil && h.Good.Fingerprint != fingerprint {
			h.Good = nil
		}
		if h.Failed != nil && h.Failed.Fingerprint != fingerprint {
			h.Failed = nil
		}
		if h.Good != nil || h.Failed != nil {
			tree.Hosts[name] = h
		}
	}
	return tree
}

// is says whether the names are those of the tree with this fingerprint.
func (n *cachedNames) is(fingerprint string) bool {
	return n != nil && fingerprint != "" && n.Flake.Fingerprint == fingerprint
}

func (c *Cache) treePath(src Source, fingerprint string) string {
	const enough = 8 // bytes of the hash
	sum := sha256.Sum256([]byte(fingerprint))
	return strings.TrimSuffix(c.path(src), ".json") + "-" + hex.EncodeToString(sum[:enough]) + ".json"
}

// dropTrees removes all but the trees that were set aside last. Another process
// may do the same just now.
func (c *Cache) dropTrees(src Source) error {
	paths, err := filepath.Glob(strings.TrimSuffix(c.path(src), ".json") + "-*.json")
	if err != nil {
		return err
	}
	var trees []fs.FileInfo
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			trees = append(trees, info)
		}
	}
	slices.SortFunc(trees, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var failed []error
	for _, old := range trees[min(keptTrees, len(trees)):] {
		if err := os.Remove(filepath.Join(c.dir, old.Name())); !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
