package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/ui"
)

// patience spaces out the supervisors that one lost run is given: what makes
// one end at once mostly makes the next one end, too.
type patience struct {
	runs map[string]*attempts // by directory
}

type attempts struct {
	n    int
	last time.Time
	told bool
}

// due says whether a lost run is to get another supervisor now, and counts it.
func (p *patience) due(dir string, now time.Time) bool {
	a := p.runs[dir]
	if a == nil {
		a = &attempts{}
		p.runs[dir] = a
	}
	if a.n > 0 && now.Sub(a.last) < min(adoptMost, adoptPause<<min(a.n-1, 10)) {
		return false
	}
	a.n++
	a.last = now
	return true
}

// well notes that a run has a supervisor.
func (p *patience) well(dir string, now time.Time) {
	if a := p.runs[dir]; a != nil && now.Sub(a.last) >= adoptedFor {
		delete(p.runs, dir)
	}
}

// hopeless says, once for each run, that its supervisors end again and again.
func (p *patience) hopeless(dir string) bool {
	a := p.runs[dir]
	if a == nil || a.told || a.n <= adoptions {
		return false
	}
	a.told = true
	return true
}

// adopt gives lost runs new supervisors.
func (b *backend) adopt(ctx context.Context) {
	now := b.Env.Now()
	dirs, err := b.store.AdoptIf(ctx, b.World.Launcher(), func(dir string) bool { return b.patience.due(dir, now) })
	if err != nil && ctx.Err() == nil {
		b.complain(err)
	}
	for _, dir := range dirs {
		if b.patience.hopeless(dir) {
			b.news.Post(ui.Said{Message: fmt.Sprintf("the supervisor of the run %s ends again and again", text.Line(filepath.Base(dir))),
				Hint: "Its own messages are in " + filepath.Join(dir, "supervisor.log")})
		}
	}
}
