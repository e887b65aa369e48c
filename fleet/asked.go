package fleet

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"nixfleet-tui/internal/atomicfile"
)

// askedVersion is the format of the file in which answers are kept.
const askedVersion = 1

// Asked is what was learned of builders by asking more than polling does: what
// hosts that send builds told as their root, and whether a tiny build ran. It is
// kept between starts. It may be used from several goroutines; nil knows
// nothing and keeps nothing.
type Asked struct {
	Path string // of the file

	mu sync.Mutex
}

type askedFile struct {
	Version  int                     `json:"version"`
	Builders map[string]askedBuilder `json:"builders"` // by name
}

type askedBuilder struct {
	About string `json:"about"` // the store that was asked about: as another user or at another address, it says nothing
	Steps []Step `json:"steps"`
}

// Of is what was last learned of a builder, a ladder with the rungs that were
// asked for and no others. What cannot be read is not known.
func (a *Asked) Of(b Builder) Ladder {
	if a == nil {
		return Ladder{Builder: b}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.read().Builders[b.Name]
	if known.About != storeURL(b, "ssh-ng") {
		return Ladder{Builder: b}
	}
	return Ladder{Builder: b, Steps: known.Steps}
}

// Keep keeps what of the ladder was asked for, with what is still true of
// what was kept before.
func (a *Asked) Keep(l Ladder) error {
	if a == nil {
		return nil
	}
	var asked []Step
	for _, s := range l.Steps {
		if s.State != StepUnchecked && (s.From != Here || s.Rung == RungBuild) {
			asked = append(asked, s)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.read()
	about, known := storeURL(l.Builder, "ssh-ng"), f.Builders[l.Builder.Name]
	if now := (Ladder{Steps: asked}); known.About == about {
		asked = now.Since(Ladder{Steps: known.Steps}).Steps
	}
	f.Builders[l.Builder.Name] = askedBuilder{About: about, Steps: asked}
	return a.write(f)
}

// read reads the file anew: other processes write it, too.
func (a *Asked) read() askedFile {
	f := askedFile{}
	content, err := os.ReadFile(a.Path)
	if err != nil || json.Unmarshal(content, &f) != nil || f.Version != askedVersion || f.Builders == nil {
		return askedFile{Version: askedVersion, Builders: map[string]askedBuilder{}}
	}
	return f
}

func (a *Asked) write(f askedFile) error {
	content, err := json.Marshal(f)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(a.Path), 0o700)
	}
	if err == nil {
		err = atomicfile.Write(a.Path, append(content, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keeping what was learned of builders: %w", err)
	}
	return nil
}
