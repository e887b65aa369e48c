package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nixfleet-tui/internal/atomicfile"
	"nixfleet-tui/nixcmd"
)

// cacheVersion is that of the files in the cache; other versions are as none.
const cacheVersion = 1

// Cache keeps names and facts between starts: a JSON file per source, replaced
// by rename, beside it a log of what was evaluated since, and a file for each of
// the last trees that were present before. A file that cannot be read is as
// none, and a cache that cannot be written costs time, not answers: Err tells
// why. Methods of a nil *Cache do nothing.
type Cache struct {
	Now func() time.Time // default time.Now

	dir string
	mu  sync.Mutex
	err error

	reading sync.Mutex
	last    decoded
}

// decoded is a file of the cache as it was read last. Several ask for the same
// one at a start, and that of a thousand hosts takes long to decode.
type decoded struct {
	path  string
	file  os.FileInfo
	entry cacheEntry // not to be changed

	log   os.FileInfo // the one beside it, once there was one
	taken int64       // bytes of it that are in entry
}

// holds says whether the file is still the one that was read. Who writes
// replaces it, so another file is another content.
func (d *decoded) holds(path string, now os.FileInfo) bool {
	return d.path == path && os.SameFile(d.file, now) && d.file.ModTime().Equal(now.ModTime()) && d.file.Size() == now.Size()
}

// cacheEntry is the content of one file.
type cacheEntry struct {
	Version  int                   `json:"version"`
	Source   Source                `json:"source"`
	File     json.RawMessage       `json:"file,omitempty"`     // what fleet.nix said last
	FileText string                `json:"fileText,omitempty"` // hash of the text that File follows from, if from that alone
	Names    *cachedNames          `json:"names,omitempty"`
	Deploy   *cachedDeploy         `json:"deploy,omitempty"`
	Hosts    map[string]cachedHost `json:"hosts,omitempty"`
}

type cachedNames struct {
	Flake nixcmd.FlakeMetadata `json:"flake"`
	Hosts []string             `json:"hosts"`
}

type cachedDeploy struct {
	Fingerprint string                   `json:"fingerprint"` // of the last attempt
	Error       string                   `json:"error,omitempty"`
	Nodes       map[string]nixcmd.Deploy `json:"nodes,omitempty"` // of the last good one
}

type cachedHost struct {
	Good   *cachedFacts   `json:"good,omitempty"`
	Failed *cachedFailure `json:"failed,omitempty"`
}

type cachedFacts struct {
	Fingerprint string           `json:"fingerprint"`
	Revision    string           `json:"revision,omitempty"`
	At          time.Time        `json:"at"`
	Facts       nixcmd.HostFacts `json:"facts"`
}

type cachedFailure struct {
	Fingerprint string    `json:"fingerprint"`
	At          time.Time `json:"at"`
	Error       string    `json:"error"`
}

// deployNodes is what is known of deploy.nodes and colmenaHive.
type deployNodes struct {
	state Freshness
	hosts map[string]nixcmd.Deploy
	err   string
}

// OpenCache opens (or makes) the cache in dir.
func OpenCache(dir string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		e := mistake("Make it writable, or point XDG_CACHE_HOME elsewhere.", "cannot make the cache %s: %s", dir, plainCause(err))
		e.Err = err
		return nil, e
	}
	return &Cache{dir: dir}, nil
}

// Err is why the last write failed, or nil.
func (c *Cache) Err() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Facts returns what is known of the hosts at inv's fingerprint or an earlier
// one. Hosts of which nothing is known are FactsPending.
func (c *Cache) Facts(inv *Inventory) map[string]Facts {
	entry, _ := c.read(inv.Source)
	all := make(map[string]Facts, len(inv.Hosts))
	for _, h := range inv.Hosts {
		if !h.InFlake {
			all[h.Name] = Facts{State: FactsFresh}
			continue
		}
		all[h.Name] = entry.Hosts[h.Name].facts(inv.Flake.Fingerprint)
	}
	return all
}

// factsOf is what is known of a host that the flake has.
func (c *Cache) factsOf(inv *Inventory, host string) Facts {
	entry, _ := c.read(inv.Source)
	return entry.Hosts[host].facts(inv.Flake.Fingerprint)
}

func (h cachedHost) facts(fingerprint string) Facts {
	f := Facts{State: FactsPending}
	if h.Good != nil {
		f = Facts{HostFacts: h.Good.Facts, State: FactsStale, Revision: h.Good.Revision, At: h.Good.At}
		if fingerprint != "" && h.Good.Fingerprint == fingerprint {
			f.State = FactsFresh
			return f
		}
	}
	if h.Failed != nil && fingerprint != "" && h.Failed.Fingerprint == fingerprint {
		f.State, f.EvalError = FactsFailed, h.Failed.Error
	}
	return f
}

// names returns the hosts of the tree with this fingerprint, which is the present
// one from then on.
func (c *Cache) names(src Source, fingerprint string) ([]string, bool) {
	entry, _ := c.read(src)
	if !entry.Names.is(fingerprint) && c.takeBack(src, fingerprint) {
		entry, _ = c.read(src)
	}
	if !entry.Names.is(fingerprint) {
		return nil, false
	}
	return entry.Names.Hosts, true
}

func (c *Cache) deploy(src Source, fingerprint string) deployNodes {
	entry, _ := c.read(src)
	d := entry.Deploy
	switch {
	case d == nil:
		return deployNodes{state: FactsPending}
	case fingerprint == "" || d.Fingerprint != fingerprint:
		return deployNodes{state: FactsStale, hosts: d.Nodes}
	case d.Error != "":
		return deployNodes{state: FactsFailed, hosts: d.Nodes, err: d.Error}
	}
	return deployNodes{state: FactsFresh, hosts: d.Nodes}
}

func (c *Cache) keepNames(src Source, meta nixcmd.FlakeMetadata, names []string) {
	c.change(src, func(e *cacheEntry) { e.Names = &cachedNames{Flake: meta, Hosts: names} })
}

func (c *Cache) keepDeploy(inv *Inventory, nodes map[string]nixcmd.Deploy, failure string) {
	c.change(inv.Source, func(e *cacheEntry) {
		d := &cachedDeploy{Fingerprint: inv.Flake.Fingerprint, Error: failure, Nodes: nodes}
		if failure != "" && len(nodes) == 0 && e.Deploy != nil {
			d.Nodes = e.Deploy.Nodes
		}
		e.Deploy = d
	})
}

func (c *Cache) keepFacts(inv *Inventory, host string, facts nixcmd.HostFacts) {
	c.learn(inv.Source, learned{Host: host, Good: &cachedFacts{Fingerprint: inv.Flake.Fingerprint, Revision: inv.Revision(), At: c.clock(), Facts: facts}})
}

func (c *Cache) keepFailure(inv *Inventory, host, failure string) {
	c.learn(inv.Source, learned{Host: host, Failed: &cachedFailure{Fingerprint: inv.Flake.Fingerprint, At: c.clock(), Error: failure}})
}

func (c *Cache) clock() time.Time {
	if c == nil || c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// read returns what is kept of src; false when nothing is.
func (c *Cache) read(src Source) (cacheEntry, bool) {
	if c == nil {
		return cacheEntry{}, false
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	path := c.path(src)
	f, err := os.Open(path)
	if err != nil {
		return cacheEntry{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return cacheEntry{}, false
	}
	if c.last.holds(path, info) && c.last.follow(c.logPath(src)) {
		return c.last.entry, true
	}
	raw, err := io.ReadAll(f)
	var e cacheEntry
	if err != nil || json.Unmarshal(raw, &e) != nil || e.Version != cacheVersion {
		return cacheEntry{}, false
	}
	c.last = decoded{path: path, file: info, entry: e}
	c.last.follow(c.logPath(src)) // a new one is never another
	return c.last.entry, true
}

// change edits what is kept of src. Another process may have written since it
// was read last, so it is read again; a race between two costs an evaluation.
func (c *Cache) change(src Source, edit func(*cacheEntry)) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, known := c.read(src)
	e.Version, e.Source = cacheVersion, src
	was := e
	edit(&e)
	if c.err = errors.Join(c.setAside(was, e), c.write(c.path(src), e)); c.err == nil {
		// It is in the file. What somebody else has added meanwhile costs an evaluation.
		if err := os.Remove(c.logPath(src)); !errors.Is(err, fs.ErrNotExist) {
			c.err = err
		}
	}
	if !known { // so there is one more
		c.err = errors.Join(c.err, c.dropGone(c.clock()))
	}
}

func (c *Cache) write(path string, e cacheEntry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding the cache: %w", err)
	}
	if err := atomicfile.Write(path, raw); err != nil {
		return fmt.Errorf("writing the cache: %w", err)
	}
	return nil
}

func (c *Cache) path(src Source) string {
	sum := sha256.Sum256([]byte(src.Flake + "\x00" + src.File))
	const enough = 16 // bytes of the hash
	return filepath.Join(c.dir, hex.EncodeToString(sum[:enough])+".json")
}
