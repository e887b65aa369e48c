package rollout

import (
	"net"
	"os"
	"path/filepath"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// Seen is how preflight found a host. A task that begins a moment later need
// not ask it again.
type Seen struct {
	At     time.Time `json:"at"` // by our clock
	Before Before    `json:"before"`
}

// seen is what a task may take from a look at its host: nothing where somebody
// else is at it.
func (g *Ground) seen(p *Plan, host string) *Seen {
	look, looked := g.Looks[host]
	r := look.Survey.Reading
	if _, held := g.Holders[host]; !looked || look.Err != nil || held || r.At.IsZero() || p.inTheWay(&r) {
		return nil
	}
	return &Seen{At: r.At, Before: beforeBy(&r, machineID(&r, host))}
}

// beforeBy is how a host stands before its task, by a reading.
func beforeBy(r *fleet.Reading, machine string) Before {
	return Before{
		Profile: r.Profile, Running: r.Current, Booted: r.Booted,
		Generation: r.Generation, BootID: r.BootID, Machine: machine, HostTime: r.HostTime,
	}
}

// takeSeen begins with what preflight saw and with the login that it made, and
// takes the machine's lock. It reports false, and has done nothing, where that
// is not as good as looking anew: it is long ago, somebody has been at the
// machine since or is, or the login has ended.
func (t *task) takeSeen() bool {
	seen := t.host.Seen
	if seen == nil || t.run.plan.careful(t.host) {
		return false
	}
	if age := t.run.Now().Sub(seen.At); age < 0 || age > seenFresh {
		return false
	}
	lock := t.run.Store.machineLock(seen.Before.Machine)
	// Files are dated by a clock that may be some milliseconds behind.
	if info, err := os.Stat(lock); err == nil && info.ModTime().After(seen.At.Add(-clockCoarse)) {
		return false // it was taken, and given back, in the meantime
	}
	login := t.givenLogin()
	if login == nil && t.run.plan.Masters {
		return false
	}
	f, err := tryLock(lock)
	if err != nil {
		return false // whoever has it is waited for elsewhere
	}
	if err := t.signLock(f); err != nil {
		f.Close()
		return false
	}
	t.machine = &machineLock{id: seen.Before.Machine, file: f}
	t.master, t.before = login, &seen.Before
	return true
}

// givenLogin is the login that preflight made for the run to share; nil if
// there is none, or nobody listens at its socket any more.
func (t *task) givenLogin() *sshutil.Master {
	p := &t.run.plan
	if !p.Masters || t.host.Socket == "" || filepath.Dir(t.host.Socket) != p.Sockets {
		return nil
	}
	conn, err := net.Dial("unix", t.host.Socket)
	if err != nil {
		return nil
	}
	conn.Close() // it says hello, and bears that we do not
	return p.master(t.run.SSH, t.host.Name, t.host.Socket)
}
