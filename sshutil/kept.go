package sshutil

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// keptShell is a session in which a shell runs one script each time that it is
// asked to, so that the host need not start a shell, and the script need not
// be sent and read again. What the shell gets on its stdin is a loop around the
// script. It runs the first turn by itself; each further one is asked for by a
// line with its number. It ends when its stdin does, that is, with the connection
// at the latest. One goroutine asks at a time, see keeping.
type keptShell struct {
	held
	line   string
	script []byte
	mark   string        // a word that no script prints
	idle   *time.Timer   // hangs up when nobody has asked for long; guarded by keeping
	turns  int           // that were asked for
	asks   chan []byte   // what is still to be written; closed for the end of stdin
	ended  chan struct{} // closed when the host is done with the session, or would not open it
	why    error         // it ended; to be read when ended is closed

	listening sync.Mutex
	now       *turn // the last that was asked for
}

// turn is one run of the script.
type turn struct {
	heard
	begin, end []byte        // what frames its output
	whole      chan struct{} // closed when the last line is there
}

// The lines around what a turn prints, with the shell's mark and the turn's
// number. The last one goes on with the script's exit status.
const (
	keptBegin = "%s %s begin\n"
	keptEnd   = "\n%s %s end "
)

// errNoAnswer is why a script is run by itself after all: the kept shell did
// not answer, or not as agreed.
var errNoAnswer = errors.New("the kept shell did not answer")

// The loop around the script. It is one compound command, so that a shell has
// read all of it before the first turn: some read more at once than they run.
// The subshell keeps from the next turn what a turn does to variables, options
// and directories. The loop itself stands in no directory that somebody may want
// to unmount.
const (
	loopFirst  = "{ cd /; nfk=1 nfm=" // the mark follows
	loopBefore = "\nwhile :; do printf '" + keptBegin + "' \"$nfm\" \"$nfk\"\n(\n"
	loopAfter  = "\n) </dev/null\nprintf '" + keptEnd + "%s\n' \"$nfm\" \"$nfk\" \"$?\"\nread -r nfk || exit; done; }\n"
)

func (k *keptShell) program() []byte {
	return slices.Concat([]byte(loopFirst+k.mark+loopBefore), k.script, []byte(loopAfter))
}

func newKeptShell(n *native, cmd Command) *keptShell {
	k := &keptShell{held: held{on: n}, line: cmd.Line, script: slices.Clone(cmd.Stdin), mark: rand.Text(), ended: make(chan struct{})}
	k.asks = make(chan []byte, 1) // whoever asks has had the answer to what was asked before
	return k
}

// answers says whether the shell is there, as far as we know, and does what cmd wants.
func (k *keptShell) answers(cmd Command) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.abandoned && !isClosed(k.ended) && k.line == cmd.Line && bytes.Equal(k.script, cmd.Stdin)
}

// ask has one turn run, the first one in a new session. It reports whether the
// shell can be asked again.
func (k *keptShell) ask(ctx context.Context, cmd Command, patience time.Duration) (result Result, stays bool, err error) {
	t := k.next(cmd.MaxOutput)
	if k.turns > 1 {
		k.asks <- fmt.Appendln(nil, k.turns)
	} else {
		k.asks <- k.program()
		if err := k.on.begin(ctx, "running a command", func() { k.serve(ctx) }); err != nil {
			return Result{}, false, err
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for stays = true; ; stays = false {
		select {
		case <-t.whole:
			result, err := t.answer()
			return result, stays, err
		case <-t.over:
			return t.result(), false, tooMuch(k.on.host)
		case <-k.ended:
			result, err := k.lastWords(t)
			return result, false, err
		case <-ctx.Done():
			return Result{}, false, k.on.gaveUp(ctx)
		case <-late.C:
			if k.turns > 1 {
				return Result{}, false, errNoAnswer
			}
			close(k.asks) // some read all of their stdin before they do anything
		}
	}
}

// next begins a turn.
func (k *keptShell) next(maxOutput int) *turn {
	k.turns++
	number := strconv.Itoa(k.turns)
	t := &turn{
		heard: newHeard(maxOutput), whole: make(chan struct{}),
		begin: fmt.Appendf(nil, keptBegin, k.mark, number), end: fmt.Appendf(nil, keptEnd, k.mark, number),
	}
	k.listening.Lock()
	defer k.listening.Unlock()
	k.now = t
	return t
}

func (k *keptShell) turn() *turn {
	k.listening.Lock()
	defer k.listening.Unlock()
	return k.now
}

// serve has the shell run to its end.
func (k *keptShell) serve(ctx context.Context) {
	defer k.on.release()
	defer k.on.forget(k)
	defer close(k.ended)
	k.why = k.run(ctx)
}

func (k *keptShell) run(ctx context.Context) error {
	session, end, err := k.on.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	if !k.opened(session) {
		return ctx.Err()
	}
	session.Stdout, session.Stderr = listener(k.hear), listener(k.hearComplaint)
	stdin, err := session.StdinPipe()
	if err != nil {
		return err
	}
	if err := session.Start(k.line); err != nil {
		return k.on.startFailure(err)
	}
	over := make(chan struct{})
	var feeding sync.WaitGroup
	defer feeding.Wait()
	defer close(over)
	feeding.Go(func() { k.feed(stdin, over) })
	return session.Wait()
}

// feed writes what is asked for. A write that fails needs no telling: then the
// session ends.
func (k *keptShell) feed(stdin io.WriteCloser, over <-chan struct{}) {
	defer stdin.Close()
	for {
		select {
		case p, more := <-k.asks:
			if !more {
				return
			}
			if _, err := stdin.Write(p); err != nil {
				return
			}
		case <-over:
			return
		}
	}
}

// hear takes what the shell prints. Who speaks unasked is no such shell.
func (k *keptShell) hear(p []byte) {
	t := k.turn()
	if isClosed(t.whole) {
		k.hangUp()
		return
	}
	t.stdout.Write(p)
	if t.ended() {
		close(t.whole)
	}
}

// hearComplaint takes what comes on stderr, which may be a little late.
func (k *keptShell) hearComplaint(p []byte) {
	t := k.turn()
	t.stderr.Write(p)
	if t.stderr.overflowed() {
		k.hangUp()
	}
}

// lastWords are what a shell that ended leaves of a turn: its answer, if it
// did end afterwards.
func (k *keptShell) lastWords(t *turn) (Result, error) {
	var told *Error
	switch {
	case isClosed(t.whole):
		return t.answer()
	case isClosed(t.over):
		return t.result(), tooMuch(k.on.host)
	case errors.As(k.why, &told):
		return Result{}, told
	}
	return Result{}, errNoAnswer
}

// ended says whether the last line is there.
func (t *turn) ended() bool {
	said, complete := bytes.CutSuffix(t.stdout.bytes(), []byte("\n"))
	last := bytes.LastIndexByte(said, '\n')
	return complete && last >= 0 && bytes.HasPrefix(said[last:], t.end)
}

// answer is what the script printed, without the lines around it.
func (t *turn) answer() (Result, error) {
	result := t.result()
	_, said, begun := bytes.Cut(result.Stdout, t.begin)
	end := bytes.LastIndex(said, t.end)
	if !begun || end < 0 {
		return Result{}, errNoAnswer
	}
	status, err := strconv.Atoi(string(bytes.TrimSpace(said[end+len(t.end):])))
	if err != nil {
		return Result{}, errNoAnswer
	}
	result.Stdout, result.ExitCode = said[:end], status
	return result, nil
}

// listener hears what comes in, in small pieces: there are hundreds.
type listener func([]byte)

func (l listener) Write(p []byte) (int, error) {
	l(p)
	return len(p), nil
}

// ReadFrom keeps io.Copy from taking a large buffer.
func (l listener) ReadFrom(r io.Reader) (int64, error) {
	buffer := make([]byte, keptBuffer)
	var total int64
	for {
		n, err := r.Read(buffer)
		total += int64(n)
		if n > 0 {
			l(buffer[:n])
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
