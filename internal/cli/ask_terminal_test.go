package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

func TestTypedAnswer(t *testing.T) {
	for keys, want := range map[string]string{
		"secret\r": "secret", "ab\x7fc\n": "ac", "wrong\x15right\r": "right", "\x7f\r": "", "ü\r": "ü",
	} {
		got, shown, err := typeKeys(t, t.Context(), keys)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", keys, got, err)
		}
		if strings.Contains(shown, "ü") {
			t.Errorf("%q shows half a letter: %q", keys, shown)
		}
	}
	for keys, want := range map[string]error{"half\x03": errInterrupted, "\x04": errInterrupted, "half": errNoTerminal} {
		if _, _, err := typeKeys(t, t.Context(), keys); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", keys, err, want)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := typeKeys(t, over, "late\r"); !errors.Is(err, context.Canceled) {
		t.Errorf("an answer that nobody wants any more: %v", err)
	}
}

func typeKeys(t *testing.T, ctx context.Context, keys string) (typedIn, shown string, err error) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if _, err := write.WriteString(keys); err != nil {
		t.Fatal(err)
	}
	write.Close()
	secret, err := sshutil.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Wipe()
	err = typed(ctx, int(read.Fd()), secret, func(s string) { shown += s })
	return string(secret.Bytes()), shown, err
}

func TestPasswordGroups(t *testing.T) {
	plan := &rollout.Plan{Hosts: []rollout.PlanHost{
		{Name: "a", Password: true}, {Name: "b", Password: true}, {Name: "c"}, {Name: "d", Password: true, Skip: "frozen"}, {Name: "e", Password: true},
	}}
	tags := map[string]string{"a": "web", "b": "db", "e": "web"}
	for per, want := range map[string]string{rollout.PerRun: "a,b,e", rollout.PerHost: "a b e", rollout.PerTag: "a,e b"} {
		var got []string
		for _, group := range passwordGroups(plan, per, func(host string) string { return tags[host] }) {
			got = append(got, strings.Join(group, ","))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("per %s: %q, want %s", per, got, want)
		}
	}
	if groups := passwordGroups(&rollout.Plan{}, rollout.PerRun, func(string) string { return "" }); len(groups) != 0 {
		t.Errorf("nobody wants one: %v", groups)
	}
}
