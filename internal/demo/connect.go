package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"nixfleet-tui/sshutil"
)

// The words that this program starts itself with, after its own name and "demo".
const (
	ServeCommand   = "serve-hosts" // DIR: see Serve
	RebuildCommand = "rebuild"     // DIR ARGUMENTS…: see Rebuild
)

// Client is one process's hold on the demo's hosts: while it is open, they stay.
// It is a sshutil.Resolver for their names.
type Client struct {
	dir  directory
	self []string
	hold *os.File // the shared lock

	mu      sync.Mutex
	started *daemonProcess // the last one that we started

	reading sync.Mutex
	where   endpoint    // as it was read last
	file    os.FileInfo // from this file
}

// endpoint is what the daemon wrote. It is read again when it is another file:
// each host asks for it, and in a large fleet it is large.
func (c *Client) endpoint() (endpoint, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	info, err := os.Stat(c.dir.endpoint())
	if err != nil {
		return endpoint{}, err
	}
	if c.file != nil && os.SameFile(c.file, info) && c.file.ModTime().Equal(info.ModTime()) {
		return c.where, nil
	}
	where, err := c.dir.readEndpoint()
	if err == nil {
		c.where, c.file = where, info
	}
	return where, err
}

// Connect makes sure that the hosts of the demo in dir are up, starting them
// in a background process if need be, and keeps them up until Close. self is
// the command that serves them (this program with ServeCommand); dir is put
// after it.
func Connect(ctx context.Context, dir string, self []string) (*Client, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &Client{dir: directory(abs), self: self}
	if err := c.dir.make(); err != nil {
		return nil, err
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	if err := c.ensure(ctx, true); err != nil {
		return nil, errors.Join(err, c.hold.Close())
	}
	return c, nil
}

// take takes the lock that says that somebody is there. A daemon about to end
// holds it until it has said so.
func (c *Client) take(ctx context.Context) error {
	hold, err := waitLock(ctx, c.dir.clientsLock(), unix.LOCK_SH, readyWithin)
	if err != nil {
		return fmt.Errorf("joining the demo: %w", err)
	}
	c.hold = hold
	return nil
}

// Close lets go of the hosts.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started.running() // reaps it if it has ended
	return c.hold.Close()
}

// SSHConfig is a configuration for OpenSSH (ssh -F) that knows the demo's hosts.
func (c *Client) SSHConfig() string { return c.dir.sshConfig() }

// Resolve says where the host called name is: by its name in fleet.nix, or by
// its address there. A daemon that has died meanwhile is started again.
func (c *Client) Resolve(ctx context.Context, name string) (sshutil.Target, error) {
	if err := c.ensure(ctx, false); err != nil {
		return sshutil.Target{}, fmt.Errorf("%s: %w", name, err)
	}
	where, err := c.endpoint()
	if err != nil {
		return sshutil.Target{}, err
	}
	if at, ok := where.Hosts[name]; ok {
		return c.target(name, name, at), nil
	}
	for host, at := range where.Hosts {
		if at.FQDN == name {
			return c.target(name, host, at), nil
		}
	}
	return sshutil.Target{}, &sshutil.Error{
		Kind: sshutil.KindDNS, Host: name,
		Message: "the demo has no host of this name", Hint: "`nixfleet-tui demo status` lists those that there are.",
	}
}

func (c *Client) target(name, host string, at address) sshutil.Target {
	return sshutil.Target{
		Name: name, HostName: "127.0.0.1", Port: at.Port, User: at.User, HostKeyAlias: cmp.Or(at.Original, host),
		IdentityFiles: []string{c.dir.clientKey()}, IdentitiesOnly: true, IdentityAgent: "none",
		UserKnownHostsFiles: []string{c.dir.knownHosts()},
	}
}

// ensure waits until a daemon serves, and starts one where there is none. Only
// who has just come asks a daemon of another version to end: otherwise two
// versions would drive each other out for ever.
func (c *Client) ensure(ctx context.Context, fresh bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	starts := 0
	for {
		serving, err := c.dir.serving()
		if err != nil {
			return err
		}
		where, err := c.endpoint()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		there := serving && err == nil
		switch {
		case there && (where.Version == protocolVersion || !fresh):
			return nil
		case there:
			err = os.WriteFile(c.dir.end(), nil, 0o600)
		case !serving && !c.started.running() && starts == startsAtMost:
			return c.notReady(errors.New("it ends as soon as it is started"))
		case !serving && !c.started.running():
			starts++
			c.started, err = startDaemon(c.dir, c.self)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
		if err := pause(ctx, lockPoll); err != nil {
			return c.notReady(err)
		}
	}
}

// notReady says why there are no hosts.
func (c *Client) notReady(err error) error {
	if said := c.dir.lastWords(); said != "" {
		return fmt.Errorf("the demo's hosts do not come up: %s: %w", said, err)
	}
	return fmt.Errorf("the demo's hosts do not come up: %w", err)
}

// Reset ends the daemon of the demo in dir and forgets all that happened:
// everything in dir is removed.
func Reset(ctx context.Context, dir string) error {
	d := directory(dir)
	if _, err := os.Stat(d.daemonLock()); errors.Is(err, fs.ErrNotExist) {
		return nil // no demo has ever been here
	}
	if err := os.WriteFile(d.end(), nil, 0o600); err != nil {
		return fmt.Errorf("asking the demo to end: %w", err)
	}
	lock, err := waitLock(ctx, d.daemonLock(), unix.LOCK_EX, readyWithin)
	if err != nil {
		return fmt.Errorf("waiting for the demo's hosts to end: %w", err)
	}
	return errors.Join(os.RemoveAll(dir), lock.Close())
}
