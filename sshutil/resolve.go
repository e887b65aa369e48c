package sshutil

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"time"
)

// OpenSSH resolves names by asking the ssh program (`ssh OPTIONS -G -- NAME`),
// the only parser that agrees with ssh about Include, Match and canonical
// names. Where there is no such program, ssh's own defaults are assumed.
type OpenSSH struct {
	Program string        // default "ssh"
	Options []string      // such as -F FILE, or the words of NIX_SSHOPTS
	Home    string        // for ~ and %d; default os.UserHomeDir
	Env     []string      // environment of the program; nil: ours
	Timeout time.Duration // for one answer; default 5 s

	// CacheDir is where answers are kept, as long as no configuration file
	// changes; "" for nowhere. Answers that depend on more than files and the
	// environment (Match exec, CanonicalizeHostname) are never kept.
	CacheDir string

	once    sync.Once
	slots   chan struct{}
	answers answers
}

// Resolve implements Resolver. The error is an *Error of KindConfigBad, or of
// KindCanceled when the context ended first.
func (o *OpenSSH) Resolve(ctx context.Context, name string) (Target, error) {
	return o.resolve(ctx, name, o.Options)
}

func (o *OpenSSH) resolve(ctx context.Context, name string, options []string) (Target, error) {
	if err := checkName(name); err != nil {
		return Target{}, newError(KindConfigBad, name, err.Error(), "rename the host, or give it an address of its own", err)
	}
	printed, err := o.answer(ctx, name, options)
	if errors.Is(err, exec.ErrNotFound) {
		printed = defaultsWithoutSSH(name)
	} else if err != nil {
		return Target{}, err
	}
	return o.target(name, printed)
}

// answer is what `ssh -G` says, now or when nothing was different.
func (o *OpenSSH) answer(ctx context.Context, name string, options []string) ([]byte, error) {
	o.once.Do(func() {
		o.slots = make(chan struct{}, resolveParallel)
		o.answers.dir = o.CacheDir
	})
	args := append(append([]string{}, options...), "-G", "--", name)
	if o.CacheDir == "" {
		return o.ask(ctx, name, args)
	}
	s, path := o.answers.scan(o, options, time.Now()), o.answers.path(name, options)
	if printed, ok := o.answers.load(path, s); ok {
		return printed, nil
	}
	printed, err := o.ask(ctx, name, args)
	// What changed meanwhile may or may not be in the answer.
	if err == nil && o.scan(options).fingerprint() == s.fingerprint() {
		o.answers.store(path, s, printed)
	}
	return printed, err
}

// ask runs ssh with args and returns what it printed.
func (o *OpenSSH) ask(ctx context.Context, name string, args []string) ([]byte, error) {
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-ctx.Done():
		return nil, contextError(name, "waiting to read the ssh configuration", ctx.Err())
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = resolveTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c := child{program: programOr(o.Program), args: args, env: o.Env, keep: 1 << 20, enough: true}
	stdout, stderr, err := c.run(limited)
	switch {
	case err == nil:
		return stdout.bytes(), nil
	case ctx.Err() != nil:
		return nil, contextError(name, "reading the ssh configuration", ctx.Err())
	case limited.Err() != nil:
		return nil, newError(KindConfigBad, name, "ssh did not finish reading its configuration within "+timeout.String(),
			"look for a Match exec or a name lookup in the ssh configuration that hangs", err)
	case errors.Is(err, exec.ErrNotFound):
		return nil, err
	}
	complaint := firstComplaint(stderr.bytes())
	if complaint == "" {
		complaint = err.Error()
	}
	return nil, newError(KindConfigBad, name, "ssh cannot read its configuration: "+complaint, "correct it, and try: ssh -G "+name, err)
}

func programOr(program string) string {
	if program == "" {
		return "ssh"
	}
	return program
}

// firstComplaint is the first line of what ssh said that means something.
func firstComplaint(stderr []byte) string {
	for line := range strings.Lines(string(stderr)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "Pseudo-terminal will not be allocated") || strings.HasPrefix(line, "Warning: Permanently added") {
			continue
		}
		return line
	}
	return ""
}

// defaultsWithoutSSH is what `ssh -G` would print where nothing is configured.
func defaultsWithoutSSH(name string) []byte {
	login, host, found := cutLast(name, "@")
	if !found {
		login, host = "", name
		if u, err := user.Current(); err == nil {
			login = u.Username
		}
	}
	lines := []string{"user " + login, "hostname " + host, "port 22", "globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"}
	for _, key := range []string{"id_rsa", "id_ecdsa", "id_ed25519"} {
		lines = append(lines, "identityfile ~/.ssh/"+key)
	}
	lines = append(lines, "userknownhostsfile ~/.ssh/known_hosts")
	return []byte(strings.Join(lines, "\n"))
}

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// target makes a Target of what `ssh -G` printed.
func (o *OpenSSH) target(name string, printed []byte) (Target, error) {
	t, err := parseSettings(printed).target(name, tokens{home: lookupHome(o.Home), env: o.lookupEnv})
	if err != nil {
		return Target{}, newError(KindConfigBad, name, err.Error(), "correct the ssh configuration, and try: ssh -G "+name, err)
	}
	return t, nil
}

// lookupEnv is os.LookupEnv in the environment that ssh is given.
func (o *OpenSSH) lookupEnv(key string) (string, bool) {
	if o.Env == nil {
		return os.LookupEnv(key)
	}
	for i := len(o.Env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(o.Env[i], "="); k == key {
			return v, true
		}
	}
	return "", false
}

func atoiOr(s string, fallback int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return fallback
	}
	return n
}
