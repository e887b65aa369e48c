// Package loopback is hosts to measure on: one real sshd of this machine's own,
// which listens on as many addresses as hosts are wanted, and hosts that are
// broken in the two ways that cost time or none. It needs OpenSSH's server and
// an operating system whose whole 127.0.0.0/8 is itself.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	sshd        = "/usr/sbin/sshd"
	perNet      = 250 // addresses of a /24 that are used
	silentFor   = 2   // seconds that hosts which say nothing are waited for, by whoever reads the configuration
	othersFor   = 60  // seconds for hosts that are well, on a machine that does much else
	listensSoon = time.Minute
	lookEvery   = 10 * time.Millisecond // whether sshd listens
)

// ErrMissing is the error where hosts cannot be had.
var ErrMissing = errors.New("no sshd with many addresses can be had here")

// Hosts are running until Close.
type Hosts struct {
	Config string   // an ssh configuration that knows them all
	Key    string   // the private key that logs in
	Names  []string // addresses; broken ones are spread evenly among the others
	Broken int

	dir    string
	sshd   *exec.Cmd
	ended  chan error // how sshd did
	silent net.Listener
	held   sync.WaitGroup // who holds connections to which nothing is said, and waits for sshd
}

// Start keeps everything in dir, which is the caller's. Of so many hosts some
// are broken, every other one of these in another way: the connection is
// refused, or accepted and not a word said.
func Start(ctx context.Context, dir string, hosts, broken int) (h *Hosts, err error) {
	if _, err := os.Stat(sshd); err != nil {
		return nil, fmt.Errorf("%w: install openssh-server", ErrMissing)
	}
	h = &Hosts{Config: filepath.Join(dir, "config"), Key: filepath.Join(dir, "key"), Broken: broken, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			h = nil
		}
	}()
	// No other address than a host's may be taken by what happens to listen here.
	if h.silent, err = net.Listen("tcp", "127.78.0.1:0"); err != nil {
		return h, fmt.Errorf("%w: its loopback has one address only", ErrMissing)
	}
	h.held.Go(h.sayNothing)
	for _, name := range []string{"key", "hostkey"} {
		if out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			return h, fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	port, err := h.serve(ctx)
	if err != nil {
		return h, err
	}
	return h, h.describe(hosts, port)
}

// sayNothing accepts connections, and holds them until Close.
func (h *Hosts) sayNothing() {
	for {
		conn, err := h.silent.Accept()
		if err != nil {
			return // closed
		}
		defer conn.Close()
	}
}

// serve starts sshd on every address of this machine.
func (h *Hosts) serve(ctx context.Context) (port int, err error) {
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, listensSoon)
	defer cancel()
	for {
		if port, err = free(); err != nil {
			return 0, err
		}
		if taken, err := h.listen(ctx, port); !taken {
			return port, err
		}
	}
}

// listen starts sshd on a port, unless somebody else has taken that meanwhile.
func (h *Hosts) listen(ctx context.Context, port int) (taken bool, err error) {
	config, log := filepath.Join(h.dir, "sshd_config"), filepath.Join(h.dir, fmt.Sprintf("sshd-%d.log", port))
	lines := "Port %d\nListenAddress 0.0.0.0\nHostKey %[2]s/hostkey\nAuthorizedKeysFile %[2]s/key.pub\nUsePAM no\nStrictModes no\nPidFile none\nMaxStartups 200\nSetEnv SHLVL=9\n"
	// All clients come from one address. Servers before 9.8 have nothing to be spared.
	const spared = "PerSourcePenalties no"
	if exec.CommandContext(ctx, sshd, "-t", "-f", "/dev/null", "-h", filepath.Join(h.dir, "hostkey"), "-o", spared).Run() == nil {
		lines += spared + "\n"
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, lines, port, h.dir), 0o600); err != nil {
		return false, err
	}
	server, ended := exec.Command(sshd, "-D", "-E", log, "-f", config), make(chan error, 1)
	if err := server.Start(); err != nil {
		return false, err
	}
	h.sshd, h.ended = server, ended
	h.held.Go(func() { ended <- server.Wait() })
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		said, _ := os.ReadFile(log) // it may not be there yet
		if strings.Contains(string(said), "Server listening on") {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("sshd does not listen: %w: %s", ctx.Err(), said)
		case err := <-h.ended:
			h.sshd = nil
			if said, _ = os.ReadFile(log); strings.Contains(string(said), "Address already in use") {
				return true, nil
			}
			return false, fmt.Errorf("sshd ended: %w: %s", err, said)
		case <-tick.C:
		}
	}
}

// free is a port that nobody listens on.
func free() (port int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// describe names the hosts and writes what OpenSSH is to know of them.
func (h *Hosts) describe(hosts, port int) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	hostKey, err := os.ReadFile(filepath.Join(h.dir, "hostkey.pub"))
	if err != nil {
		return err
	}
	var known strings.Builder
	for i := range hosts {
		name := fmt.Sprintf("127.77.%d.%d", i/perNet, i%perNet+1)
		switch k := (i + 1) * h.Broken / hosts; { // the k-th broken one
		case k == i*h.Broken/hosts:
			fmt.Fprintf(&known, "[%s]:%d %s", name, port, hostKey)
		case k%2 == 0:
			name = fmt.Sprintf("127.78.%d.%d", k/perNet, k%perNet+1)
		default:
			name = fmt.Sprintf("127.79.%d.%d", k/perNet, k%perNet+1)
		}
		h.Names = append(h.Names, name)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "known"), []byte(known.String()), 0o600); err != nil {
		return err
	}
	// Who says nothing has its port at one address. At all others that port is
	// nobody's, and nobody can take it for all of them.
	held := h.silent.Addr().(*net.TCPAddr).Port
	config := fmt.Sprintf("Host 127.78.*\n HostName 127.78.0.1\n Port %d\n ConnectTimeout %d\nHost 127.79.*\n Port %[1]d\nHost *\n Port %[3]d\n User %s\n IdentityFile %s\n IdentityAgent none\n"+
		" UserKnownHostsFile %s/known\n GlobalKnownHostsFile none\n StrictHostKeyChecking yes\n UpdateHostKeys no\n BatchMode yes\n ConnectTimeout %d\n LogLevel ERROR\n",
		held, silentFor, port, me.Username, h.Key, h.dir, othersFor)
	return os.WriteFile(h.Config, []byte(config), 0o600)
}

// Close ends what Start has started, and waits for it. The files stay.
func (h *Hosts) Close() error {
	var errs []error
	if h.sshd != nil {
		errs = append(errs, h.sshd.Process.Kill())
		var exit *exec.ExitError
		if err := <-h.ended; !errors.As(err, &exit) { // it was killed
			errs = append(errs, err)
		}
	}
	if h.silent != nil {
		errs = append(errs, h.silent.Close())
	}
	h.held.Wait()
	return errors.Join(errs...)
}
