package fleet

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/sshutil"
)

func TestJudge(t *testing.T) {
	const a, b, c = "/nix/store/a-1", "/nix/store/b-2", "/nix/store/c-3"
	boot := time.Unix(1000, 0)
	before, after := boot.Add(-time.Hour), boot.Add(time.Hour)
	for name, x := range map[string]struct {
		profile, current, booted string
		set, booting             time.Time
		wanted                   string
		history                  History
		want                     Drift
	}{
		"as wanted":                    {a, a, a, before, boot, a, HistoryUnknown, DriftInSync},
		"as wanted, booted older":      {a, a, b, after, boot, a, HistoryUnknown, DriftInSync},
		"as wanted, of a later commit": {a, a, a, before, boot, a, HistoryDescends, DriftInSync},
		"other, nothing known":         {a, a, a, before, boot, b, HistoryUnknown, DriftBehind},
		"other, of our past":           {a, a, a, before, boot, b, HistoryAncestor, DriftBehind},
		"other, of our future":         {a, a, a, before, boot, b, HistoryDescends, DriftAhead},
		"other, a colleague's":         {a, a, a, before, boot, b, HistoryUnrelated, DriftDiverged},
		"not evaluated":                {a, a, a, before, boot, "", HistoryAncestor, DriftUnknown},
		"set for the next boot":        {b, a, a, after, boot, b, HistoryUnknown, DriftBootPending},
		"set, not evaluated":           {b, a, a, after, boot, "", HistoryUnknown, DriftBootPending},
		"an older entry was booted":    {b, a, a, before, boot, b, HistoryUnknown, DriftOlderBooted},
		"set in the second of boot":    {b, a, a, boot, boot, b, HistoryUnknown, DriftBootPending},
		"a test":                       {a, b, a, before, boot, a, HistoryUnknown, DriftTesting},
		"a test, then boot":            {c, b, a, after, boot, c, HistoryUnknown, DriftTesting},
		"no booted system":             {b, a, "", after, boot, b, HistoryUnknown, DriftUnknown},
		"no time of the link":          {b, a, a, time.Time{}, boot, b, HistoryUnknown, DriftUnknown},
		"no time of the boot":          {b, a, a, after, time.Time{}, b, HistoryUnknown, DriftUnknown},
		"no profile":                   {"", a, a, before, boot, a, HistoryUnknown, DriftUnknown},
		"nothing running":              {a, "", a, before, boot, a, HistoryUnknown, DriftUnknown},
		"no NixOS":                     {"", "", "", time.Time{}, boot, a, HistoryUnknown, DriftUnknown},
	} {
		r := Reading{Profile: x.profile, Current: x.current, Booted: x.booted, GenerationAt: x.set, BootedAt: x.booting}
		if got := Judge(r, x.wanted, x.history); got != x.want {
			t.Errorf("%s: got %s, want %s", name, got, x.want)
		}
	}
}

// TestJudgeAnOldGenerationForTheNextBoot: the generation is older than the
// boot, but the profile was set to it since.
func TestJudgeAnOldGenerationForTheNextBoot(t *testing.T) {
	boot := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	r := Reading{Profile: "/nix/store/a", Current: "/nix/store/b", Booted: "/nix/store/b", GenerationAt: boot.Add(-time.Hour), ProfileAt: boot.Add(time.Hour), BootedAt: boot}
	if got := Judge(r, "/nix/store/b", HistoryUnknown); got != DriftBootPending {
		t.Errorf("set after the boot: %s", got)
	}
	r.ProfileAt = boot.Add(-time.Minute)
	if got := Judge(r, "/nix/store/b", HistoryUnknown); got != DriftOlderBooted {
		t.Errorf("set before the boot: %s", got)
	}
}

// repository makes a git repository and returns its directory and a function
// that runs git in it.
func repository(t *testing.T) (string, func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is missing; install it")
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	return dir, git
}

func TestHistories(t *testing.T) {
	dir, git := repository(t)
	commit := func(message string) string {
		git("commit", "-q", "--allow-empty", "-m", message)
		return git("rev-parse", "HEAD")
	}
	first, second := commit("first"), commit("second")
	git("checkout", "-q", "-b", "side", first)
	side := commit("side")
	nowhere := strings.Repeat("ab", 20)
	h := &Histories{Dir: dir}
	for name, c := range map[string]struct {
		theirs, ours string
		want         History
	}{
		"the same":          {second, second, HistoryAncestor},
		"the same, dirty":   {second + "-dirty", second, HistoryAncestor},
		"older":             {first, second, HistoryAncestor},
		"older, both dirty": {first + "-dirty", second + "-dirty", HistoryAncestor},
		"newer":             {second, first, HistoryDescends},
		"beside":            {side, second, HistoryUnrelated},
		"never seen":        {nowhere, second, HistoryUnrelated},
		"ours never seen":   {second, nowhere, HistoryUnknown},
		"none":              {"", second, HistoryUnknown},
		"none of ours":      {second, "", HistoryUnknown},
		"a short one":       {second[:8], second, HistoryUnknown},
		"an option":         {"--help", second, HistoryUnknown},
		"a branch":          {"main", second, HistoryUnknown},
	} {
		if got := h.Of(t.Context(), c.theirs, c.ours); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := (&Histories{Dir: t.TempDir()}).Of(t.Context(), first, second); got != HistoryUnknown {
		t.Errorf("outside of a repository: got %q", got)
	}
	if got := (&Histories{}).Of(t.Context(), first, second); got != HistoryUnknown {
		t.Errorf("without a checkout: got %q", got)
	}
	shallow := t.TempDir()
	git("clone", "-q", "--depth", "1", "--branch", "main", "file://"+dir, shallow)
	if got := (&Histories{Dir: shallow}).Of(t.Context(), first, second); got != HistoryUnknown {
		t.Errorf("a shallow clone does not know what came before: got %q", got)
	}
}

func TestHistoriesAskOnce(t *testing.T) {
	dir, git := repository(t)
	git("commit", "-q", "--allow-empty", "-m", "first")
	first := git("rev-parse", "HEAD")
	git("commit", "-q", "--allow-empty", "-m", "second")
	second := git("rev-parse", "HEAD")
	h := &Histories{Dir: dir}
	if got := h.Of(t.Context(), first, second); got != HistoryAncestor {
		t.Fatalf("got %q", got)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	if got := h.Of(t.Context(), first, second); got != HistoryAncestor {
		t.Errorf("the answer was forgotten: %q", got)
	}
}

func TestStatusOf(t *testing.T) {
	at := time.Unix(500, 0)
	old := Status{State: StateUp, Via: "direct", Latency: time.Second, AsOf: time.Unix(400, 0), Reading: Reading{Host: "h1"}}
	for kind, want := range map[sshutil.Kind]State{
		sshutil.KindDNS: StateDown, sshutil.KindRefused: StateDown, sshutil.KindUnreachable: StateDown, sshutil.KindTimeout: StateDown,
		sshutil.KindTurnedAway: StateDown, sshutil.KindReset: StateDown, sshutil.KindBanner: StateDown, sshutil.KindNoCommonAlgo: StateDown, sshutil.KindJump: StateDown,
		sshutil.KindProxy: StateDown, sshutil.KindExitUnknown: StateDown,
		sshutil.KindHostKeyUnknown: StateHostKey, sshutil.KindHostKeyChanged: StateHostKey, sshutil.KindHostKeyRevoked: StateHostKey, sshutil.KindHostCertBad: StateHostKey,
		sshutil.KindAuthNoKeys: StateAuth, sshutil.KindAuthRejected: StateAuth, sshutil.KindAuthTooMany: StateAuth, sshutil.KindNeedsTouch: StateAuth,
		sshutil.KindAgentGone: StateAuth, sshutil.KindAgentRefused: StateAuth, sshutil.KindExecFailed: StateAuth,
		sshutil.KindSessionLimit: StateUp, sshutil.KindOutputCap: StateUp, sshutil.KindProto: StateUp,
		sshutil.KindConfigBad: StateUnknown,
	} {
		err := &sshutil.Error{Kind: kind, Host: "h1", Message: "no \x1b[2Jluck", Hint: "try"}
		s := StatusOf(old, err, at)
		if IsDown(err) != (want == StateDown) {
			t.Errorf("%s: IsDown says %v", kind, IsDown(err))
		}
		if s.State != want || s.Kind != kind || s.Error == "" || strings.Contains(s.Error, "\x1b") || s.Hint != "try" {
			t.Errorf("%s: got %+v", kind, s)
		}
		if s.Failures != 1 || s.AsOf != at || s.Reading.Host != "h1" || s.Latency != 0 {
			t.Errorf("%s: got %+v", kind, s)
		}
	}
	if s := StatusOf(old, &sshutil.Error{Kind: sshutil.KindCanceled}, at); s.State != StateUp || s.AsOf != old.AsOf {
		t.Errorf("a read that was called off: got %+v", s)
	}
	if s := StatusOf(old, errors.New("odd"), at); s.Error != "odd" || s.State != StateUp {
		t.Errorf("another error: got %+v", s)
	}
	again := StatusFrom(StatusOf(old, &sshutil.Error{Kind: sshutil.KindTimeout}, at), Reading{At: at, Full: true}, "jump a", time.Millisecond)
	if again.State != StateUp || again.Error != "" || again.Failures != 0 || again.Via != "jump a" {
		t.Errorf("back again: got %+v", again)
	}
}

func TestStale(t *testing.T) {
	s := Status{AsOf: time.Unix(1000, 0)}
	if s.Stale(time.Unix(1090, 0), 30*time.Second) || !s.Stale(time.Unix(1091, 0), 30*time.Second) || (Status{}).Stale(time.Unix(9e6, 0), time.Second) {
		t.Error("a row is old after three intervals, and not before it was read")
	}
}
