package sshutil

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/internal/sshdtest"
)

// measure reports the processor time that this process takes for f, besides
// the time on the clock, most of which is the server's.
func measure(b *testing.B, f func()) {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	b.ReportAllocs()
	before := used()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64((used()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkFloor is the least that x/crypto does for one answer of a host:
// no ssh configuration, no host keys.
func BenchmarkFloor(b *testing.B) {
	s := startSSHD(b)
	signer := loadKey(filepath.Join(s.Dir, "id")).signer
	config := &ssh.ClientConfig{User: me(b), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}
	measure(b, func() {
		client, err := ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), config)
		if err != nil {
			b.Fatal(err)
		}
		session, err := client.NewSession()
		if err != nil {
			b.Fatal(err)
		}
		if err := session.Run("true"); err != nil {
			b.Fatal(err)
		}
		client.Close()
	})
}

// resolved is a Resolver that has done its work before.
type resolved struct{ target Target }

func (r resolved) Resolve(context.Context, string) (Target, error) { return r.target, nil }

// BenchmarkCold is what we need for the same, after `ssh -G`.
func BenchmarkCold(b *testing.B) {
	s := startSSHD(b)
	p := newPlace(b, s, vouch(b, s))
	target, err := p.dialer().Resolver.Resolve(context.Background(), "host")
	if err != nil {
		b.Fatal(err)
	}
	d := &Dialer{Resolver: resolved{target}}
	measure(b, func() {
		client, err := d.Dial(context.Background(), "host")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := client.Run(context.Background(), Command{Line: "true"}); err != nil {
			b.Fatal(err)
		}
		client.Close()
	})
}

// BenchmarkWarm is one more answer of a host that is connected.
func BenchmarkWarm(b *testing.B) {
	s := startSSHD(b)
	p := newPlace(b, s, vouch(b, s))
	client := dial(b, p.dialer(), "host")
	measure(b, func() {
		if _, err := client.Run(context.Background(), Command{Line: "true"}); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkResolve is `ssh -G` with and without the answer on disk.
func BenchmarkResolve(b *testing.B) {
	sshdtest.Program(b)
	for _, kept := range []bool{false, true} {
		b.Run("kept="+strconv.FormatBool(kept), func(b *testing.B) {
			o := &OpenSSH{Options: []string{"-F", "none"}}
			if kept {
				o.CacheDir = b.TempDir()
			}
			for b.Loop() {
				if _, err := o.Resolve(context.Background(), "host"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
