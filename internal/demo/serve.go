package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// ErrServed says that another daemon already serves the directory.
var ErrServed = errors.New("the demo's hosts are served by another process already")

// Daemon is the process behind the demo's hosts.
type Daemon struct {
	Dir   string
	Now   func() time.Time
	Grace time.Duration    // how long to stay when the last client has gone
	Watch <-chan time.Time // when to look for clients, the directory, and who asks to end
	Speed float64          // how many times faster than life everything goes
	Hosts int              // how many there are to be, with copies; see HostsVariable
	Tell  func(error)      // hears of what went wrong with one connection or state file
	Ready func()           // called once the hosts can be reached; may be nil
}

// Serve is the daemon as the command line starts it: it ends with the context,
// ten seconds after its last client, when it is asked to, or when its directory
// has gone. environ is the process's environment.
func Serve(ctx context.Context, dir string, environ []string, log func(error)) error {
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	return Daemon{
		Dir: dir, Now: clockOf(environ, time.Now), Grace: graceAfterClients, Watch: watch.C, Speed: speedOf(environ), Hosts: hostsWanted(setting(environ, HostsVariable)), Tell: log,
	}.Serve(ctx)
}

// speedOf reads the speed from an environment; without one it is 1.
func speedOf(environ []string) float64 {
	return parseSpeed(setting(environ, speedVariable), 1)
}

// Serve keeps the hosts up until nobody needs them any more. When another
// daemon has the directory, the error is ErrServed.
func (d Daemon) Serve(ctx context.Context) error {
	dir := directory(d.Dir)
	if err := dir.make(); err != nil {
		return err
	}
	lock, err := waitLock(ctx, dir.daemonLock(), unix.LOCK_EX, lockPatience)
	if errors.Is(err, errLocked) {
		return ErrServed
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	// Both are of the daemon before.
	if err := errors.Join(remove(dir.end()), remove(dir.endpoint()), dir.makeClientsLock()); err != nil {
		return err
	}
	return errors.Join(d.serve(ctx, dir), d.leave(dir, lock))
}

// leave takes the endpoint away, unless the directory is somebody else's by now.
func (d Daemon) leave(dir directory, lock *os.File) error {
	if !sameFile(lock, dir.daemonLock()) {
		return nil
	}
	return errors.Join(remove(dir.endpoint()), remove(dir.end()))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sameFile says whether path still leads to the open file.
func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// serve starts every host, says where they are, and waits for the end.
func (d Daemon) serve(ctx context.Context, dir directory) error {
	home, err := os.Stat(string(dir)) // while nobody knows yet that we are there
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var hosts sync.WaitGroup
	defer hosts.Wait()
	defer cancel()
	servers, listeners, err := d.hosts(dir)
	for _, l := range listeners {
		defer l.close()
	}
	if err != nil {
		return err
	}
	where := endpoint{Version: protocolVersion, PID: os.Getpid(), Hosts: map[string]address{}}
	for i, s := range servers {
		where.Hosts[s.host.Name] = address{Port: listeners[i].port, User: s.host.User, FQDN: s.host.fqdn()}
		if s.first != nil {
			where.Hosts[InstallerAddress] = where.Hosts[s.host.Name]
		}
	}
	dozen, err := readFleet()
	if err != nil {
		return err
	}
	where.addCopies(withCopies(dozen, d.Hosts))
	if err := writeMeeting(dir, servers, where); err != nil {
		return err
	}
	for i, s := range servers {
		if l := listeners[i].Listener; l != nil {
			hosts.Go(func() { s.report(s.serve(ctx, l)) })
		}
	}
	if d.Ready != nil {
		d.Ready()
	}
	return d.watch(ctx, dir, home)
}

// hosts makes the servers and their listeners, in the order of their names.
func (d Daemon) hosts(dir directory) ([]*server, []listener, error) {
	fleet, err := readFleet()
	if err != nil {
		return nil, nil, err
	}
	client, err := readOrMakeKey(dir.clientKey(), "nixfleet-tui demo")
	if err != nil {
		return nil, nil, err
	}
	flake := Evaluator{hosts: fleet}
	fleet = append(fleet, newHost())
	all := newCatalogue(fleet)
	var servers []*server
	var listeners []listener
	for _, h := range fleet {
		st := storyOf(h.Name)
		state, err := loadMachine(dir, h, st, all, d.Now())
		if err != nil {
			return servers, listeners, fmt.Errorf("reading the state of %s: %w", h.Name, err)
		}
		config, err := serverConfig(dir, h.Name, client.PublicKey())
		if err != nil {
			return servers, listeners, err
		}
		var first *ssh.ServerConfig
		if h.Name == NewHost {
			if first, err = serverConfig(dir, InstallerAddress, client.PublicKey()); err != nil {
				return servers, listeners, err
			}
		}
		l, err := listen(st.offline)
		if err != nil {
			return servers, listeners, fmt.Errorf("listening for %s: %w", h.Name, err)
		}
		listeners = append(listeners, l)
		servers = append(servers, &server{
			host: h, story: st, all: all, dir: dir, config: config, first: first, state: state,
			delay: distance(h.Name, time.Duration(float64(st.latency)/d.Speed)), now: d.Now, speed: d.Speed, tell: d.Tell, ending: make(chan struct{}), facts: flake.factsOf(h), open: map[*farConn]bool{}, builds: map[*built]bool{},
		})
	}
	return servers, listeners, nil
}

// watch returns when nobody has needed the hosts for a while, when somebody
// asks for it, or when the directory, which home was, has gone.
func (d Daemon) watch(ctx context.Context, dir directory, home os.FileInfo) error {
	var alone time.Time // since when, as far as we saw
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.Watch:
		}
		now, err := os.Stat(string(dir))
		if err != nil || !os.SameFile(home, now) {
			return nil
		}
		if _, err := os.Stat(dir.end()); err == nil {
			return nil
		}
		clients, err := tryLockThere(dir.clientsLock(), unix.LOCK_EX)
		switch {
		case errors.Is(err, errLocked):
			alone = time.Time{}
			continue
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone since we looked
		case err != nil:
			return err
		}
		if alone.IsZero() {
			alone = d.Now()
		}
		if d.Now().Sub(alone) >= d.Grace {
			// Held until the endpoint is gone: who comes now starts another daemon.
			return errors.Join(remove(dir.endpoint()), clients.Close())
		}
		if err := clients.Close(); err != nil {
			return err
		}
	}
}
