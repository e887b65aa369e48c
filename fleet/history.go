package fleet

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"
	"sync"
)

// Histories answers how revisions stand to each other, from the git
// repository in Dir, and remembers what cannot change. It never fetches and
// never takes longer than two seconds: what git does not know in that time is
// HistoryUnknown.
type Histories struct {
	Dir string   // a local checkout; "" knows nothing
	Git string   // the program; default "git"
	Env []string // of git; nil means ours

	mu    sync.Mutex
	known map[[2]string]History
}

// A revision as flakes give it: a whole hash, with "-dirty" when the tree had changes.
var revision = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})(-dirty)?$`)

// Of says how the host's revision stands to ours. Changes that were not
// committed count for nothing.
func (h *Histories) Of(ctx context.Context, theirs, ours string) History {
	t, o := revision.FindStringSubmatch(theirs), revision.FindStringSubmatch(ours)
	if h == nil || h.Dir == "" || t == nil || o == nil {
		return HistoryUnknown
	}
	if t[1] == o[1] {
		return HistoryAncestor
	}
	pair := [2]string{t[1], o[1]}
	h.mu.Lock()
	defer h.mu.Unlock()
	if answer, ok := h.known[pair]; ok {
		return answer
	}
	ctx, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	answer := h.ask(ctx, t[1], o[1])
	if answer != HistoryUnknown {
		if h.known == nil {
			h.known = map[[2]string]History{}
		}
		h.known[pair] = answer
	}
	return answer
}

func (h *Histories) ask(ctx context.Context, theirs, ours string) History {
	if h.lacks(ctx, ours) {
		return HistoryUnknown
	}
	if h.lacks(ctx, theirs) {
		// Everything that led to ours is here, and theirs is not among it.
		if out, err := h.git(ctx, "rev-parse", "--is-shallow-repository"); err == nil && out == "false" {
			return HistoryUnrelated
		}
		return HistoryUnknown
	}
	switch before, known := h.isAncestor(ctx, theirs, ours); {
	case !known:
		return HistoryUnknown
	case before:
		return HistoryAncestor
	}
	switch after, known := h.isAncestor(ctx, ours, theirs); {
	case !known:
		return HistoryUnknown
	case after:
		return HistoryDescends
	}
	return HistoryUnrelated
}

func (h *Histories) lacks(ctx context.Context, rev string) bool {
	_, err := h.git(ctx, "cat-file", "-e", rev+"^{commit}")
	return err != nil
}

func (h *Histories) isAncestor(ctx context.Context, a, b string) (is, known bool) {
	_, err := h.git(ctx, "merge-base", "--is-ancestor", a, b)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return false, true
	}
	return err == nil, err == nil
}

func (h *Histories) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, keep(h.Git, "git"), append([]string{"-C", h.Dir}, args...)...)
	cmd.Env = append(h.env(cmd), "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func (h *Histories) env(cmd *exec.Cmd) []string {
	if h.Env != nil {
		return h.Env[:len(h.Env):len(h.Env)]
	}
	return cmd.Environ()
}
