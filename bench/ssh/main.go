// Command ssh measures what it takes to read the status of many hosts, ours
// beside two others in the same run: floor, a bare loop over x/crypto, and the
// ssh program under xargs. All of them have the hosts run the same fast script.
//
//	ssh peers CONFIG KEY ROUNDS HOST…     in turn, each in a process of its own
//	ssh ours|floor CONFIG KEY HOST…       one of them, once
//	ssh some CONFIG KEY HOST…             ours, where some hosts are broken
//
// CONFIG is an ssh configuration in which every HOST has an address of its own;
// KEY is the private key that logs in. What is measured is the client: its wall
// time, and the processor time of it and of the programs that it starts.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

const parallel = 32 // hosts at a time, for all peers

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ssh:", err)
		os.Exit(1)
	}
}

// run does what the first word says.
func run(out io.Writer, args []string) error {
	usage := errors.New("usage: ssh peers CONFIG KEY ROUNDS HOST… | ssh ours|some|floor CONFIG KEY HOST…")
	if len(args) < 4 {
		return usage
	}
	task, s := args[0], setting{config: args[1], key: args[2], hosts: args[3:]}
	var samples []sample
	var err error
	switch task {
	case "ours":
		samples, err = ours(s)
	case "some":
		s.broken = true
		samples, err = ours(s)
	case "floor":
		samples, err = bare(s)
	case "peers":
		rounds, err := strconv.Atoi(args[3])
		if err != nil || rounds < 1 || len(args) < 5 {
			return usage
		}
		s.hosts = args[4:]
		return peers(out, s, rounds)
	default:
		return usage
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(samples)
}

// setting is whom all peers read.
type setting struct {
	config string
	key    string
	hosts  []string
	broken bool // some of them, which is not an error
}

// args are a peer's words.
func (s setting) args(peer string) []string {
	return append([]string{peer, s.config, s.key}, s.hosts...)
}

// sample is one measurement.
type sample struct {
	Phase    string
	Wall     time.Duration
	CPU      time.Duration // of the client itself
	Children time.Duration // of the programs that it started
}

// measure runs one phase and takes its times.
func measure(phase string, f func() error) (sample, error) {
	began := time.Now()
	own, children, err := used()
	if err != nil {
		return sample{}, err
	}
	if err := f(); err != nil {
		return sample{}, fmt.Errorf("%s: %w", phase, err)
	}
	ownNow, childrenNow, err := used()
	return sample{phase, time.Since(began), ownNow - own, childrenNow - children}, err
}

// used is the processor time that this process and its children took so far.
func used() (own, children time.Duration, err error) {
	var self, others syscall.Rusage
	err = errors.Join(syscall.Getrusage(syscall.RUSAGE_SELF, &self), syscall.Getrusage(syscall.RUSAGE_CHILDREN, &others))
	return cpu(self), cpu(others), err
}

func cpu(u syscall.Rusage) time.Duration { return time.Duration(u.Utime.Nano() + u.Stime.Nano()) }
