package install

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixfleet-tui/sshutil"
)

// newHost answers what it runs.
type newHost string

func (h newHost) Run(context.Context, sshutil.Command) (sshutil.Result, error) {
	return sshutil.Result{Stdout: []byte(h + "\n")}, nil
}

func (newHost) Close() error { return nil }

// TestAwait: a host that is away, or has the installer's key still, is waited
// for; one that runs something else is told.
func TestAwait(t *testing.T) {
	const system = "/nix/store/x-nixos-system-new"
	away := &sshutil.Error{Kind: sshutil.KindHostKeyChanged, Host: "new", Message: "another key"}
	for _, c := range []struct {
		name    string
		after   time.Duration // that it comes up; negative: never
		runs    newHost
		says    string // "": it is well
		arrives bool
	}{
		{"at once", 0, system, "", true},
		{"after a while", time.Minute, system, "", true},
		{"as another", time.Minute, "/nix/store/y-other", "but runs /nix/store/y-other", false},
		{"never", -1, "", "did not come up as itself within 10m0s: new: another key", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			records := Records{t.TempDir()}
			if err := records.write(Record{Host: "new", Rebooting: &Rebooting{System: system}}); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				i := &Installation{Plan: Plan{Host: "new"}, Records: records, Now: time.Now, Say: func(Telling) {}}
				i.Arrive = func(context.Context, []HostKey) (sshutil.Runner, error) {
					if c.after < 0 || time.Since(began) < c.after {
						return nil, away
					}
					return c.runs, nil
				}
				i.Ask = func(context.Context, Question) (bool, error) { return false, nil } // none of what is offered
				err := i.Run(t.Context())
				var told *Error
				if c.says == "" && err != nil || c.says != "" && (!errors.As(err, &told) || !strings.Contains(told.Message, c.says)) {
					t.Errorf("it says %v", err)
				}
				if took := time.Since(began); c.after >= 0 && took > c.after+bootPause {
					t.Errorf("it took %s", took)
				}
			})
			rec, err := records.Read("new")
			if err != nil || (rec.Rebooting.Arrived != nil) != c.arrives {
				t.Errorf("afterwards the record is %+v, %v", rec, err)
			}
		})
	}
}
