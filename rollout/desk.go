package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nixfleet-tui/sshutil"
)

// desk is where the children of one process put their questions, and where
// viewers answer them. A question is a file in the run directory for as long as
// it waits; its answer comes over a socket that only this user reaches.
type desk struct {
	dir      runDir
	host     string
	process  string
	socket   string
	listener *net.UnixListener
	serving  sync.WaitGroup

	mu   sync.Mutex
	open map[string]chan reply
	lend func(socket string) // takes an agent that a viewer lends
}

// reply is how a question was settled.
type reply struct {
	secret  *sshutil.Secret // nil: a yes without words
	refused bool
}

var (
	errRefused  = errors.New("the person refused to answer")
	errNobody   = errors.New("nobody answered in time")
	errNobodyIn = errors.New("there is nobody to ask")
)

// openDesk opens a desk for the questions about a host. sockets is a directory
// that is this user's alone.
func openDesk(d runDir, sockets, host string) (*desk, error) {
	k, err := newDesk(d, filepath.Join(sockets, randomHex(socketDigits)), host)
	if err != nil {
		return nil, err
	}
	if k.listener, err = sshutil.ListenPrivate(k.socket); err != nil {
		return nil, err
	}
	k.serving.Go(k.serve)
	return k, nil
}

// newDesk is a desk that does not listen yet.
func newDesk(d runDir, socket, host string) (*desk, error) {
	since, err := processStart(os.Getpid())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(d.questions(), 0o700); err != nil {
		return nil, err
	}
	return &desk{
		dir: d, host: host, process: fmt.Sprintf("%d %s", os.Getpid(), since), socket: socket,
		lend: func(string) {}, open: map[string]chan reply{},
	}, nil
}

// lendTo says who takes an agent that a viewer lends.
func (k *desk) lendTo(lend func(socket string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lend = lend
}

// close refuses what still waits and removes the socket.
func (k *desk) close() error {
	err := k.listener.Close()
	k.mu.Lock()
	for id, waiting := range k.open {
		delete(k.open, id)
		waiting <- reply{refused: true}
	}
	k.mu.Unlock()
	k.serving.Wait()
	return err
}

// Ask puts a question and waits for its answer, which is then the caller's to
// wipe. Nil without an error is a yes without words.
func (k *desk) Ask(ctx context.Context, q Question) (*sshutil.Secret, error) {
	q.Version, q.ID, q.Host = 1, randomHex(socketDigits), k.host
	q.Asked = time.Now().UTC()
	q.Until = q.Asked.Add(questionFor)
	settled := make(chan reply, 1)
	k.mu.Lock()
	k.open[q.ID] = settled
	k.mu.Unlock()
	path := k.dir.question(q.ID)
	err := writeJSON(path, questionFile{q, k.process, k.socket})
	if err == nil {
		var secret *sshutil.Secret
		secret, err = k.wait(ctx, q, settled)
		return secret, errors.Join(err, removed(path))
	}
	k.take(q.ID)
	return nil, err
}

func (k *desk) wait(ctx context.Context, q Question, settled chan reply) (*sshutil.Secret, error) {
	timer := time.NewTimer(questionFor)
	defer timer.Stop()
	why := errNobody
	select {
	case r := <-settled:
		return r.outcome()
	case <-ctx.Done():
		why = ctx.Err()
	case <-timer.C:
	}
	if k.take(q.ID) == nil { // it was answered at the same moment
		return (<-settled).outcome()
	}
	return nil, why
}

func (r reply) outcome() (*sshutil.Secret, error) {
	if r.refused {
		return nil, errRefused
	}
	return r.secret, nil
}

// removed removes a file that may have gone already.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// take takes a question off the desk; nil when it lies there no more.
func (k *desk) take(id string) chan reply {
	k.mu.Lock()
	defer k.mu.Unlock()
	waiting := k.open[id]
	delete(k.open, id)
	return waiting
}

func (k *desk) serve() {
	for {
		conn, err := k.listener.AcceptUnix()
		if err != nil {
			return // it was closed
		}
		if peer, err := sshutil.PeerOf(conn); err != nil || !peer.Ours() {
			conn.Close()
			continue
		}
		k.serving.Go(func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(deskPatience)) //nolint:errcheck // a socket has deadlines
			k.hear(conn)
		})
	}
}

// hear takes one answer.
func (k *desk) hear(conn net.Conn) {
	line, err := shortLine(conn)
	var r deskRequest
	if err != nil || json.Unmarshal(line, &r) != nil {
		return
	}
	if r.Agent != "" {
		k.mu.Lock()
		lend := k.lend
		k.mu.Unlock()
		lend(r.Agent)
	}
	var secret *sshutil.Secret
	if !r.Refuse && r.Agent == "" {
		if secret, err = sshutil.ReadSecret(conn); err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
	waiting := k.take(r.ID)
	if waiting == nil {
		secret.Wipe()
		return
	}
	waiting <- reply{secret: secret, refused: r.Refuse}
	conn.Write([]byte(deskTook + "\n")) //nolint:errcheck // a viewer that has gone needs no thanks
}

// shortLine reads a line byte by byte, so that a secret after it is not read
// into a buffer that nobody wipes.
func shortLine(r io.Reader) ([]byte, error) {
	var line []byte
	b := make([]byte, 1)
	for len(line) < maxDeskLine {
		n, err := r.Read(b)
		if n == 1 && b[0] == '\n' {
			return bytes.TrimSpace(line), nil
		}
		line = append(line, b[:n]...)
		if err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the line is too long")
}
