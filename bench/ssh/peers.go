package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"nixfleet-tui/bench/floor"
	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// ours reads all hosts as the dashboard does: by the person's configuration,
// with host keys checked and answers parsed. What `ssh -G` says is asked for
// first, and lies on disk when the hosts are read.
func ours(s setting) ([]sample, error) {
	cache, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	options := []string{"-F", s.config}
	openSSH := func() *sshutil.OpenSSH { return &sshutil.OpenSSH{Options: options, CacheDir: cache} }
	asked := openSSH()
	resolve, err := measure("ssh -G", func() error {
		var group errgroup.Group
		for _, host := range s.hosts {
			group.Go(func() error {
				_, err := asked.Resolve(context.Background(), host)
				return err
			})
		}
		return group.Wait()
	})
	if err != nil {
		return nil, err
	}
	pool := sshutil.NewPool(&sshutil.Dialer{Resolver: openSSH()})
	prober := &fleet.Prober{Connect: fleet.PoolConnect(pool), Silent: pool.Silent, Limit: parallel}
	read := func() error {
		if err := readAll(prober, s.hosts); err != nil && !s.broken {
			return err
		}
		return nil
	}
	cold, err := measure("cold", read)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	warm, err := measure("warm", read)
	return []sample{resolve, cold, warm}, errors.Join(err, pool.Close())
}

// readAll reads every host once; one that does not answer spoils the measurement.
func readAll(p *fleet.Prober, hosts []string) error {
	var errs []error
	p.ReadAll(context.Background(), hosts, false, func(host string, s fleet.Status) {
		if s.State != fleet.StateUp {
			errs = append(errs, fmt.Errorf("%s is %s: %s", host, s.State, s.Error))
		}
	})
	return errors.Join(errs...)
}

// bare is floor.
func bare(s setting) ([]sample, error) {
	pem, err := os.ReadFile(s.key)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, err
	}
	config := &ssh.ClientConfig{Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}
	var hosts []*floor.Host
	for _, name := range s.hosts {
		t, err := (&sshutil.OpenSSH{Options: []string{"-F", s.config}}).Resolve(context.Background(), name)
		if err != nil {
			return nil, err
		}
		config.User = t.User
		hosts = append(hosts, &floor.Host{Address: fmt.Sprintf("%s:%d", t.HostName, t.Port)})
	}
	read := func() error { return floor.Read(hosts, parallel, config, fleet.Script(false)) }
	cold, err := measure("cold", read)
	if err != nil {
		return nil, err
	}
	warm, err := measure("warm", read)
	var closing sync.WaitGroup
	for _, h := range hosts {
		closing.Go(func() { h.Client.Close() })
	}
	closing.Wait()
	return []sample{cold, warm}, err
}

// program has xargs start one ssh for each host.
func program(s setting) ([]sample, error) {
	script, err := os.CreateTemp("", "script")
	if err != nil {
		return nil, err
	}
	defer os.Remove(script.Name())
	_, err = script.Write(fleet.Script(false))
	if err := errors.Join(err, script.Close()); err != nil {
		return nil, err
	}
	// The shell becomes ssh: it only opens the script for it.
	cmd := exec.Command("xargs", fmt.Sprintf("-P%d", parallel), "-I{}", "sh", "-c", `exec ssh -F "$0" {} /bin/sh -s <"$1"`, s.config, script.Name())
	cmd.Stdin = strings.NewReader(strings.Join(s.hosts, "\n"))
	cmd.Stderr = os.Stderr
	cold, err := measure("cold", cmd.Run)
	cold.CPU, cold.Children = cold.CPU+cold.Children, 0 // the programs are the client
	return []sample{cold}, err
}

// round measures every peer once, beginning with another one each time.
func round(s setting, n int) (map[string][]sample, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	one := func(peer string) ([]sample, error) {
		if peer == "openssh" {
			return program(s)
		}
		cmd := exec.Command(self, s.args(peer)...)
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		printed, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		var samples []sample
		return samples, json.Unmarshal(printed, &samples)
	}
	all := map[string][]sample{}
	names := []string{"ours", "floor", "openssh"}
	for i := range names {
		peer := names[(i+n)%len(names)]
		if all[peer], err = one(peer); err != nil {
			return nil, fmt.Errorf("%s: %w", peer, err)
		}
	}
	return all, nil
}

// peers measures in turn, and reports.
func peers(out io.Writer, s setting, rounds int) error {
	var all []map[string][]sample
	for n := range rounds {
		r, err := round(s, n)
		if err != nil {
			return err
		}
		all = append(all, r)
		if err := writeRound(out, r, len(s.hosts)); err != nil {
			return err
		}
	}
	return writeRatios(out, all)
}
