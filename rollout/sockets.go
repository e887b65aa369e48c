package rollout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// MakeSockets makes a private directory with a path short enough for ssh's
// control sockets. XDG_RUNTIME_DIR will not do: it goes away with the last login.
// A plan that names it as its Sockets takes it over when it is started. What
// commands that were killed have left goes first.
func (s *Store) MakeSockets() (string, error) {
	if err := s.sweepSockets(); err != nil {
		return "", err
	}
	const digits = 8
	name := randomHex(digits)
	dir := filepath.Join(s.socketDirs(), name)
	if len(dir) > maxSocketsDir || !plainPath(dir) {
		if err := ownedDir(tmpSocketDirs()); err != nil {
			return "", err
		}
		dir = filepath.Join(tmpSocketDirs(), name)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the directory for sockets: %w", err)
	}
	since, err := processStart(os.Getpid())
	if err == nil {
		err = os.WriteFile(socketsMaker(dir), fmt.Appendf(nil, "%d %s\n%s\n", os.Getpid(), since, s.Dir), 0o600)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("making the directory for sockets: %w", err), os.RemoveAll(dir))
	}
	return dir, nil
}

// restoreSockets makes the directory for sockets again where a reboot has
// taken it: what has not begun yet needs it.
func (d runDir) restoreSockets(p Plan) error {
	if p.Sockets == "" || readable(p.SSHConfigLink()) {
		return nil
	}
	if filepath.Dir(p.Sockets) == tmpSocketDirs() {
		if err := ownedDir(tmpSocketDirs()); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(p.Sockets, 0o700); err != nil {
		return fmt.Errorf("making the directory for sockets: %w", err)
	}
	return relink(d.sshConfig(), p.SSHConfigLink())
}

func (s *Store) socketDirs() string { return filepath.Join(s.Dir, "s") }

func tmpSocketDirs() string { return filepath.Join("/tmp", "nixfleet-"+strconv.Itoa(os.Getuid())) }

// socketsMaker is the file that says which process made a directory for
// sockets, and for which store; that process answers for it until a run names it.
func socketsMaker(dir string) string { return filepath.Join(dir, "maker") }

// sweepSockets ends logins of commands that were killed before their run had
// begun.
func (s *Store) sweepSockets() error {
	left, err := s.madeByNobody()
	if err != nil || len(left) == 0 {
		return err
	}
	// A run names its sockets before their maker ends: this comes second.
	used, err := s.socketsInUse()
	if err != nil {
		return err
	}
	for _, dir := range left {
		if !used[dir] {
			err = errors.Join(err, endLogins(dir), os.RemoveAll(dir))
		}
	}
	return err
}

// madeByNobody are this store's directories for sockets whose makers have gone.
func (s *Store) madeByNobody() (left []string, err error) {
	for _, base := range []string{s.socketDirs(), tmpSocketDirs()} {
		entries, err := os.ReadDir(base)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("looking for logins that are left: %w", err)
		}
		for _, e := range entries {
			dir := filepath.Join(base, e.Name())
			words, err := os.ReadFile(socketsMaker(dir))
			if err != nil {
				continue // just being made, or removed
			}
			maker, store, _ := strings.Cut(strings.TrimSuffix(string(words), "\n"), "\n")
			if store == s.Dir && !lives(maker) {
				left = append(left, dir)
			}
		}
	}
	return left, nil
}

// lives says whether a process, given by its number and its start, is there.
func lives(process string) bool {
	pid, since, _ := strings.Cut(process, " ")
	n, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	now, err := processStart(n)
	return err == nil && now == since
}

// socketsInUse are the directories for sockets of runs that are not over.
func (s *Store) socketsInUse() (map[string]bool, error) {
	ids, err := s.ids()
	used := map[string]bool{}
	for _, id := range ids {
		d := runDir(filepath.Join(s.runs(), id))
		if readable(d.summary()) {
			continue
		}
		if p, err := d.readPlan(); err == nil {
			used[p.Sockets] = true
		}
	}
	return used, err
}

// plainPath says whether a path survives every way in which programs split NIX_SSHOPTS.
func plainPath(p string) bool {
	for _, c := range p {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '/' || c == '.' || c == '_' || c == '-' || c == '+'
		if !plain {
			return false
		}
	}
	return true
}

// ownedDir makes dir, or makes sure that it is a directory of ours that nobody
// else can enter: in /tmp anybody could have made it.
func ownedDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("making the directory for sockets: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a private directory of yours: remove it", dir)
	}
	return nil
}
