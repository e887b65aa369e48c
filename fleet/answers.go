package fleet

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"nixfleet-tui/sshutil"
)

// maxAnswer is how much a host may say to a person's command.
const maxAnswer = 256 << 10

// Answer is what a person's command left on one host.
type Answer struct {
	Host     string
	Stdout   []byte
	Stderr   []byte
	ExitCode int
	Err      error // why it did not run, or not to its end; then the rest may say less than all
	Took     time.Duration
}

// Ask has the host's login shell run a command line. A command that fails is
// an answer like any other. The agent goes along only when forward says so.
func Ask(ctx context.Context, r sshutil.Runner, host, line string, forward bool, now func() time.Time) Answer {
	start := now()
	result, err := r.Run(ctx, sshutil.Command{Line: line, MaxOutput: maxAnswer, ForwardAgent: forward})
	return Answer{Host: host, Stdout: result.Stdout, Stderr: result.Stderr, ExitCode: result.ExitCode, Err: err, Took: now().Sub(start)}
}

// Fold puts hosts together whose answers are the same, so that of thirty hosts
// the one that differs is seen: the largest group comes first, of equals the
// one whose first host does. Blank space at the end makes no difference, nor
// does how long it took. The answer of a group is that of its first host.
func Fold(answers []Answer) []Folded {
	sorted := slices.SortedFunc(slices.Values(answers), func(a, b Answer) int { return cmp.Compare(a.Host, b.Host) })
	var groups []Folded
	for _, a := range sorted {
		at := slices.IndexFunc(groups, func(g Folded) bool { return g.same(a) })
		if at < 0 {
			groups = append(groups, Folded{Answer: a})
			at = len(groups) - 1
		}
		groups[at].Hosts = append(groups[at].Hosts, a.Host)
	}
	slices.SortStableFunc(groups, func(a, b Folded) int { return cmp.Compare(len(b.Hosts), len(a.Hosts)) })
	return groups
}

// Alike puts together what has the same key, in the order in which each key
// comes first.
func Alike[T any, K comparable](all []T, key func(T) K) [][]T {
	var groups [][]T
	at := map[K]int{}
	for _, one := range all {
		k := key(one)
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], one)
	}
	return groups
}

// Folded is an answer that several hosts gave.
type Folded struct {
	Answer
	Hosts []string
}

func (a Answer) same(b Answer) bool {
	return a.ExitCode == b.ExitCode && errorText(a.Err) == errorText(b.Err) &&
		bytes.Equal(bytes.TrimRight(a.Stdout, " \r\n"), bytes.TrimRight(b.Stdout, " \r\n")) &&
		bytes.Equal(bytes.TrimRight(a.Stderr, " \r\n"), bytes.TrimRight(b.Stderr, " \r\n"))
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
