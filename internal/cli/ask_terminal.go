package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"nixfleet-tui/internal/pty"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
	"nixfleet-tui/sshutil"
)

var (
	errInterrupted = errors.New("interrupted")             // by ctrl+c, instead of an answer
	errNoTerminal  = errors.New("the terminal has closed") // so that the question waits for somebody else
)

// Keys, as a terminal in raw mode sends them.
const (
	keyInterrupt = 3
	keyEnd       = 4
	keyErase     = 8
	keyEraseLine = 21
	keyDelete    = 127
)

// terminalAsker asks the person at a terminal, one question after the other.
type terminalAsker struct {
	in, out *os.File
	show    func() error // undoes that nothing typed is shown; nil: it is
}

// answer asks with a prompt on out, and reads the line that a person types on
// the terminal at in, shown on out unless it is hidden. Its bytes go nowhere
// but into the secret, which is the caller's to wipe.
func (t *terminalAsker) answer(ctx context.Context, prompt string, hidden bool) (*sshutil.Secret, error) {
	secret, err := sshutil.NewSecret()
	if err != nil {
		return nil, err
	}
	if err := t.ask(ctx, prompt, hidden, secret); err != nil {
		secret.Wipe()
		return nil, err
	}
	return secret, nil
}

func (t *terminalAsker) ask(ctx context.Context, prompt string, hidden bool, secret *sshutil.Secret) error {
	if hidden && t.show == nil {
		show, err := pty.Hide(t.in)
		if err != nil {
			return fmt.Errorf("reading from the terminal: %w", err)
		}
		t.show = show
	}
	fd := int(t.in.Fd())
	was, err := term.MakeRaw(fd)
	if err != nil {
		return fmt.Errorf("reading from the terminal: %w", err)
	}
	fmt.Fprint(t.out, prompt) // not before the terminal has ceased to show what is typed
	err = typed(ctx, fd, secret, func(s string) {
		if !hidden {
			fmt.Fprint(t.out, s)
		}
	})
	err = errors.Join(err, term.Restore(fd, was))
	fmt.Fprintln(t.out)
	return err
}

// settle has the terminal show again what is typed.
func (t *terminalAsker) settle() error {
	if t.show == nil {
		return nil
	}
	show := t.show
	t.show = nil
	return show()
}

// typed takes keys until enter.
func typed(ctx context.Context, fd int, secret *sshutil.Secret, show func(string)) error {
	key := make([]byte, 1)
	defer clear(key)
	for {
		if err := awaitTyped(ctx, fd); err != nil {
			return err
		}
		if n, err := unix.Read(fd, key); n == 0 || err != nil {
			return errNoTerminal
		}
		switch key[0] {
		case '\r', '\n':
			return nil
		case keyInterrupt, keyEnd:
			return errInterrupted
		case keyErase, keyDelete:
			if len(secret.Bytes()) > 0 {
				secret.Drop(1)
				show("\b \b")
			}
		case keyEraseLine:
			for range secret.Bytes() {
				show("\b \b")
			}
			secret.Drop(len(secret.Bytes()))
		default:
			secret.Add(key)
			if key[0] >= ' ' && key[0] < keyDelete {
				show(string(key))
			}
		}
	}
}

// awaitTyped waits until there is something to read at a terminal, or ctx ends.
func awaitTyped(ctx context.Context, fd int) error {
	ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for ctx.Err() == nil {
		n, err := unix.Poll(ready, int(answerPoll/time.Millisecond))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return ctx.Err()
}

// readLine reads up to a newline, byte by byte: what follows is not ours. At a
// terminal it waits no longer than ctx.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	tty, _ := r.(*os.File)
	if tty != nil && !term.IsTerminal(int(tty.Fd())) {
		tty = nil
	}
	var line []byte
	b := make([]byte, 1)
	for {
		if tty != nil {
			if err := awaitTyped(ctx, int(tty.Fd())); err != nil {
				return string(line), err
			}
		}
		n, err := r.Read(b)
		if n == 1 && b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[:n]...)
		if err != nil {
			return string(line), err
		}
	}
}

// askQuestion puts a question of a run to the person at the terminal and sends
// the answer. That it was settled elsewhere meanwhile is no error.
func (p *Program) askQuestion(ctx context.Context, dir string, q rollout.Question) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() { // whoever else looks at the run may answer first
		defer close(watched)
		tick := time.NewTicker(answerPoll)
		defer tick.Stop()
		for rollout.Waits(dir, q.ID) {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		stop()
	}()
	err := p.putQuestion(ctx, dir, q)
	stop()
	<-watched
	switch {
	case errors.Is(err, errNoTerminal):
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, rollout.ErrSettled):
		fmt.Fprintln(p.IO.Err, "It does not wait for this answer any more.")
		return nil
	}
	return err
}

func (p *Program) putQuestion(ctx context.Context, dir string, q rollout.Question) error {
	fmt.Fprintf(p.IO.Err, "%s\n", questionLines(q))
	if q.NoAnswer() {
		return nil // an agent is lent by whoever watches, asked or not
	}
	if err := sshutil.GuardMemory(); err != nil {
		return err
	}
	secret, err := p.IO.Answer(ctx, answerWord(q)+" (ctrl+c refuses): ", q.Hidden())
	if errors.Is(err, errInterrupted) {
		return rollout.RefuseQuestion(dir, q.ID)
	}
	if err != nil {
		return err
	}
	defer secret.Wipe()
	if q.Wants == sshutil.WantsYes && !strings.HasPrefix(strings.ToLower(string(secret.Bytes())), "y") {
		return rollout.RefuseQuestion(dir, q.ID)
	}
	return rollout.Answer(dir, q.ID, secret)
}

// questionLines say who asks what.
func questionLines(q rollout.Question) string {
	does := "asks"
	if q.NoAnswer() {
		does = "waits"
	}
	head := fmt.Sprintf("[%s] %s %s, %s:", text.Line(q.Host), text.Line(q.Program), does, text.Line(q.Purpose))
	if q.Attempt > 1 {
		head = fmt.Sprintf("[%s] That was not right. %s asks again, %s:", text.Line(q.Host), text.Line(q.Program), text.Line(q.Purpose))
	}
	for line := range strings.Lines(q.Words) {
		head += "\n    " + text.Line(strings.TrimRight(line, "\n"))
	}
	return head
}

// answerWord is what is to be typed.
func answerWord(q rollout.Question) string {
	switch q.Wants {
	case rollout.WantsSudo, sshutil.WantsPassword:
		return "Password"
	case sshutil.WantsPassphrase:
		return "Passphrase"
	case sshutil.WantsPIN:
		return "PIN"
	case sshutil.WantsHostKey:
		return "yes, no, or the fingerprint"
	case sshutil.WantsYes:
		return "yes or no"
	}
	return "Answer"
}
