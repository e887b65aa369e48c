package sshutil

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// needsOpenSSH says why the way cannot be taken without the ssh program, or "".
func (r route) needsOpenSSH() string {
	for _, t := range r.all() {
		if t.NeedsOpenSSH != "" {
			return t.NeedsOpenSSH
		}
	}
	return ""
}

// onlyProgramCan reports whether the ssh program may succeed where we failed:
// it knows more algorithms, tells the agent where it is going, which keys
// limited to destinations want to hear, and talks to hardware keys itself.
func onlyProgramCan(err error, touch bool) bool {
	var told *Error
	if !errors.As(err, &told) {
		return false
	}
	return told.Kind == KindNoCommonAlgo || told.Kind == KindAgentRefused || touch && told.Kind == KindNeedsTouch
}

// byProgram connects by starting the ssh program.
func (d *Dialer) byProgram(ctx context.Context, t Target, why string, touch bool) (*Client, error) {
	if d.OpenSSH == "" {
		return nil, newError(KindConfigBad, t.Name, "only the ssh program can connect there: "+why, "install OpenSSH's client", nil)
	}
	dir, err := os.MkdirTemp("", "nf")
	if err != nil {
		return nil, newError(KindConfigBad, t.Name, "there is no place for a control socket: "+err.Error(), "make room in the directory for temporary files", err)
	}
	socket := filepath.Join(dir, "s")
	options := []string{"-o", "ControlPath=" + socket}
	if !touch {
		options = append(options, t.WithoutTouch()...)
	}
	p := &program{dir: dir, ended: make(chan struct{}), master: &Master{
		Program: d.OpenSSH, Options: append(options, d.SSHOptions...), Host: t.Name, Socket: socket,
	}}
	ctx, cancel := context.WithTimeout(ctx, d.patience(touch))
	defer cancel()
	if err := p.master.Open(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return &Client{target: t, via: "openssh", link: p}, nil
}

// WithoutTouch are options that keep the ssh program from using keys that want
// a touch.
func (t Target) WithoutTouch() []string {
	allowed := slices.DeleteFunc(slices.Clone(t.PubkeyAcceptedAlgorithms), func(a string) bool { return strings.HasPrefix(a, "sk-") })
	if len(allowed) == 0 {
		return nil
	}
	return []string{"-o", "PubkeyAcceptedAlgorithms=" + strings.Join(allowed, ",")}
}

// program is a link that the ssh program makes.
type program struct {
	master *Master
	dir    string // holds the control socket
	ended  chan struct{}
	once   sync.Once
}

// Run implements Runner. A connection that is lost is noticed here, because
// nobody else watches it.
func (p *program) Run(ctx context.Context, cmd Command) (Result, error) {
	result, err := p.master.Run(ctx, cmd)
	if err != nil && ctx.Err() == nil && !p.master.alive(ctx) {
		p.once.Do(func() { close(p.ended) })
	}
	return result, err
}

func (p *program) stream(ctx context.Context, line string) (io.ReadWriteCloser, error) {
	return p.master.Stream(ctx, line)
}

func (p *program) done() <-chan struct{}  { return p.ended }
func (p *program) latency() time.Duration { return 0 }
func (p *program) hostKey() string        { return "" }

// Close ends the master and removes its socket.
func (p *program) Close() error {
	p.once.Do(func() { close(p.ended) })
	return errors.Join(p.master.Close(), os.RemoveAll(p.dir))
}
