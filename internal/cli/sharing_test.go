package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

// resolverOfNone counts who is asked for, and knows nobody.
type resolverOfNone struct{ asked int }

var errNobody = errors.New("nobody is known")

func (r *resolverOfNone) Resolve(context.Context, string) (sshutil.Target, error) {
	r.asked++
	return sshutil.Target{}, errNobody
}

// TestSilentHostIsAskedOnce: who has kept silent to ssh is not waited for once
// more over a connection of our own, which tells better why all others fail.
func TestSilentHostIsAskedOnce(t *testing.T) {
	for said, asked := range map[string]int{
		"ssh: connect to host h port 22: Connection timed out": 0,
		"ssh: connect to host h port 22: No route to host":     0,
		"ssh: connect to host h port 22: Connection refused":   1,
		"h: Permission denied (publickey).":                    1,
	} {
		t.Run(said, func(t *testing.T) {
			dir := t.TempDir()
			program := filepath.Join(dir, "ssh")
			script := fmt.Sprintf("#!/bin/sh\ncase $* in *-G*) printf 'hostname h\\nport 22\\nuser u\\n' ;; *) echo '%s' >&2; exit 255 ;; esac\n"+
				"for w; do case $w in ControlPath=*) echo controlpath ${w#*=} ;; esac; done\n", said)
			if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			own := &resolverOfNone{}
			pool := sshutil.NewPool(&sshutil.Dialer{Resolver: own})
			defer pool.Close()
			k := &links{pool: pool, shared: &sharing{ssh: program, plan: rollout.Plan{Sockets: dir}, logins: map[string]*login{}}}
			if _, _, err := k.runner(t.Context(), "h"); own.asked != asked || (asked > 0) != errors.Is(err, errNobody) {
				t.Errorf("it was tried %d times more, not %d: %v", own.asked, asked, err)
			}
		})
	}
}
