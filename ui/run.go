package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	_ "background" // before Bubble Tea asks the terminal; see there
)

// Options are all that the dashboard needs.
type Options struct {
	Backend Backend
	News    *Mailbox // where Backend posts
	Crew    *Crew    // for goroutines that must not leave the terminal in pieces
	Look    Look
	Now     func() time.Time
	In, Out *os.File // nil: stdin (or /dev/tty) and stdout
	Habits  Habits   // as they were kept last time
	First   bool     // nobody has been here before: the first keys are explained
	OpenRun string   // the directory of a run to begin with, or ""
	Self    string   // how a person calls this program
}

// Run shows the dashboard until the person leaves, a signal comes or ctx ends.
// It returns what is to be left on the normal screen. A panic comes back as a
// *Crash, with the terminal restored.
func Run(ctx context.Context, o Options) (farewell string, err error) {
	if o.Out == nil {
		o.Out = os.Stdout
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	guest := &guest{out: o.Out, in: o.In}
	m := newModel(ctx, o)
	m.give = guest.give
	// A file serializes its writers: this comes between two frames, never into one.
	m.write = func(sequence string) error { _, err := o.Out.WriteString(sequence); return err }
	listening := make(chan os.Signal, 4)
	signal.Notify(listening, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	heard := listen(ctx, o, guest, listening)
	defer func() {
		signal.Stop(listening)
		cancel()
		<-heard
	}()
	if err := m.write(pushTitle); err != nil {
		return "", fmt.Errorf("writing to the terminal: %w", err)
	}
	_, err = tea.NewProgram(m, programOptions(ctx, o)...).Run()
	m.run.close()
	err = errors.Join(err, m.write(popTitle))
	switch {
	case m.crash != nil:
		return m.farewell(), m.crash
	case err != nil && !(errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil):
		return m.farewell(), fmt.Errorf("the dashboard ended: %w", err)
	}
	return m.farewell(), m.diary.close(m.habits())
}

func programOptions(ctx context.Context, o Options) []tea.ProgramOption {
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithAltScreen(), tea.WithReportFocus(), tea.WithoutSignalHandler(),
		tea.WithFPS(framesPerSecond), tea.WithOutput(&synchronized{File: o.Out}),
	}
	if o.In != nil {
		options = append(options, tea.WithInput(o.In))
	}
	return options
}

// listen posts signals as news. The channel that it returns is closed when it has ended.
func listen(ctx context.Context, o Options, g *guest, signals <-chan os.Signal) <-chan struct{} {
	ended := make(chan struct{})
	o.Crew.Go(func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				fatal := s != os.Interrupt
				if !fatal && g.means(time.Now()) {
					continue
				}
				if fatal {
					g.hangUp()
				}
				o.News.Post(interrupted{fatal: fatal})
			}
		}
	})
	return ended
}

// guest is a program that has been given the terminal.
type guest struct {
	in, out *os.File
	mu      sync.Mutex
	process *exec.Cmd
	left    time.Time // when the last one ended
	gone    bool      // the terminal goes away: nobody gets it any more
}

var errHungUp = errors.New("the terminal goes away")

// give is a command that hands the terminal to c until it ends, and where
// lingers says so until what it wrote has been read. The streams are set here:
// behind Bubble Tea's writer c would find no terminal.
func (g *guest) give(c *exec.Cmd, lingers func(error) bool, ended func(error) tea.Msg) tea.Cmd {
	c.Stdout, c.Stderr = g.out, g.out
	if g.in != nil {
		c.Stdin = g.in
	}
	return tea.Exec(&visit{guest: g, Cmd: c, lingers: lingers}, ended)
}

// start starts c as the guest. A hang-up comes before it or finds it started,
// never between the two: a guest that heard nothing would keep us waiting for ever.
func (g *guest) start(c *exec.Cmd) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return errHungUp
	}
	if err := c.Start(); err != nil {
		return err
	}
	g.process = c
	return nil
}

func (g *guest) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.process, g.left = nil, time.Now()
}

// means says whether an interrupt is meant for the program that has the
// terminal, or had it until just now. While the dashboard has it, ctrl+c is a key.
func (g *guest) means(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.process != nil || now.Sub(g.left) < echoFor
}

// hangUp tells the guest that its terminal goes away. One that has ended
// already needs no telling.
func (g *guest) hangUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	if g.process != nil {
		_ = g.process.Process.Signal(syscall.SIGHUP)
	}
}
