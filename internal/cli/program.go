package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"nixfleet-tui/internal/text"
)

// Program is one start of this program: what it was given, and the world that
// its commands act on. Commands take what they need out of it into their options.
type Program struct {
	IO      *IO
	Env     Env
	World   World
	Demo    World                 // behind `demo …`
	Signals func() *Interruptions // starts listening
}

// Env is what the process was started with.
type Env struct {
	Getenv   func(string) string
	Now      func() time.Time
	Started  time.Time // when the person pressed enter, as near as we know
	Dir      string    // working directory
	Home     string
	User     string
	Hostname string
}

// NewProgram is the real one. What cannot be learned of the process stays
// empty, and the command that needs it says so.
func NewProgram(started time.Time) *Program {
	env := Env{Getenv: Getenv, Now: time.Now, Started: started}
	env.Dir, _ = os.Getwd()
	env.Home = Getenv("HOME")
	env.Hostname, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		env.User = u.Username
	}
	return &Program{
		IO:      systemIO(os.Stdin, os.Stdout, os.Stderr, os.Getenv),
		Env:     env,
		World:   &realWorld{env: env},
		Demo:    &demoWorld{env: env},
		Signals: listen,
	}
}

// Getenv is os.Getenv, but for a HOME that is not set, as in a service or a cron
// job: then it is what the user database says, as it is for ssh and nix.
func Getenv(name string) string {
	value := os.Getenv(name)
	if value == "" && name == "HOME" {
		if u, err := user.Current(); err == nil {
			return u.HomeDir
		}
	}
	return value
}

// Interruptions are the signals that a person or a closing terminal sends.
type Interruptions struct {
	C    <-chan os.Signal
	Stop func()
}

func listen() *Interruptions {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return &Interruptions{C: c, Stop: func() { signal.Stop(c) }}
}

// interruptible returns a context that ends with the first signal, for
// commands that have nothing to detach from.
func (p *Program) interruptible(ctx context.Context) (context.Context, func()) {
	in := p.Signals()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-in.C:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		<-done
		in.Stop()
	}
}

// Main runs one command line and returns the exit code.
func Main(p *Program, args []string) int {
	root := newRootCmd(p)
	root.SetArgs(args)
	root.SetIn(p.IO.In)
	root.SetOut(p.IO.Out)
	root.SetErr(p.IO.Err)
	cmd, err := root.ExecuteContextC(context.Background())
	err = cmp.Or(err, p.World.Close(), p.Demo.Close())
	if err == nil {
		return ExitOK
	}
	var code exit
	if errors.As(err, &code) {
		return int(code)
	}
	f := explain(err)
	if strings.HasPrefix(cmd.CommandPath()+" ", p.Demo.Self()+" ") {
		f.Hint = text.AsCalled(p.Demo.Self(), f.Hint)
	}
	report(p.IO, f)
	return f.Code
}
