package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// sshConfigName is the file for this inventory's generated ssh configuration.
func sshConfigName(src fleet.Source) string {
	sum := sha256.Sum256([]byte(src.Flake + "\x00" + src.File))
	return hex.EncodeToString(sum[:8]) + ".conf"
}

// pool opens a pool of connections that resolve names by the fleet's settings
// over the person's own. Its close also removes what was only for now.
func (p *Program) pool(ctx context.Context, l *loaded) (*sshutil.Pool, func() error, error) {
	if err := p.World.NeedSSH(); err != nil {
		return nil, nil, err
	}
	includes, options, err := p.World.Personal()
	if err != nil {
		return nil, nil, err
	}
	content, err := sshutil.Config{Hosts: l.inv.SSHHosts(), Includes: includes}.Render()
	if err != nil {
		return nil, nil, err
	}
	path, remove, err := keepSSHConfig(p.World.CacheDir(), sshConfigName(l.inv.Source), content)
	if err != nil {
		return nil, nil, err
	}
	dialer, err := p.World.Dialer(ctx, append(options, "-F", path))
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	pool := sshutil.NewPool(dialer)
	return pool, func() error { return errors.Join(pool.Close(), remove()) }, nil
}

// keepSSHConfig puts the configuration into the cache; where that cannot be
// written, into a directory that the returned function removes.
func keepSSHConfig(cacheDir, name string, content []byte) (path string, remove func() error, err error) {
	path = filepath.Join(cacheDir, "ssh", name)
	if err = writeIfChanged(path, content); err == nil {
		return path, func() error { return nil }, nil
	}
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.ENOTDIR) {
		return "", nil, err
	}
	dir, terr := os.MkdirTemp("", "nixfleet-ssh-")
	if terr != nil {
		return "", nil, errors.Join(err, terr)
	}
	path = filepath.Join(dir, name)
	if werr := os.WriteFile(path, content, 0o600); werr != nil {
		return "", nil, errors.Join(werr, os.RemoveAll(dir))
	}
	return path, func() error { return os.RemoveAll(dir) }, nil
}

// rewriteSSH keeps the ssh configuration in step with the inventory.
func (p *Program) rewriteSSH(l *loaded) error {
	includes, _, err := p.World.Personal()
	if err != nil {
		return err
	}
	content, err := sshutil.Config{Hosts: l.inv.SSHHosts(), Includes: includes}.Render()
	if err != nil {
		return err
	}
	_, _, err = keepSSHConfig(p.World.CacheDir(), sshConfigName(l.inv.Source), content)
	return err
}

// probe reads the named hosts once, all at the same time, and returns what
// they said. heard, if not nil, is called with each answer as it comes.
func (p *Program) probe(ctx context.Context, l *loaded, names []string, heard func(host string)) (map[string]fleet.Status, error) {
	pool, done, err := p.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	statuses := p.readAll(ctx, pool, names, func(host string, _ fleet.Status) {
		if heard != nil {
			heard(host)
		}
	})
	return statuses, errors.Join(ctx.Err(), done())
}

// readAll is probe over a pool that is open. heard is called with one answer at
// a time.
func (p *Program) readAll(ctx context.Context, pool *sshutil.Pool, names []string, heard func(host string, s fleet.Status)) map[string]fleet.Status {
	statuses := make(map[string]fleet.Status, len(names))
	prober := &fleet.Prober{Connect: fleet.PoolConnect(pool), Silent: pool.Silent, Now: p.Env.Now}
	prober.ReadAll(ctx, names, true, func(host string, s fleet.Status) {
		statuses[host] = s
		heard(host, s)
	})
	return statuses
}
