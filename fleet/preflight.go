package fleet

import (
	"context"
	_ "embed" // for the script
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// What else there is to know before a run, and of an activation that the fast
// script has seen.
var (
	//go:embed preflight.sh
	preflightScript []byte
	//go:embed preflight_switching.sh
	switchingScript []byte
)

// surveyScript reads a machine before a run, and how sudo lets people through
// if that is asked. along says that our agent is to be forwarded.
func surveyScript(q Questions, along bool) []byte {
	if !q.Sudo && !q.Means {
		return fastAround(switchingScript, preflightScript)
	}
	came := "along=\n"
	if along {
		came = "along=1\n"
	}
	return fastAround(switchingScript, preflightScript, []byte(came), pamScript)
}

// Questions are what a survey asks beyond reading, because a run needs it.
type Questions struct {
	Sudo  bool // whether sudo works without a terminal
	Agent bool // for sudo, the person's agent is forwarded
	Trust bool // whether the Nix daemon trusts the login user
	Means bool // how sudo lets people through, without asking it; included in Sudo
}

// WithoutSudo are the questions that do not make sudo work.
func (q Questions) WithoutSudo() Questions {
	q.Means, q.Sudo = q.Means || q.Sudo, false
	return q
}

// streaming is a connection over which a protocol can be spoken; that of
// *sshutil.Client is one.
type streaming interface {
	Stream(ctx context.Context, line string) (io.ReadWriteCloser, error)
}

// ReadSurvey reads what preflight has to know of a machine, all of it at the
// same time and within eight seconds. The error is an *sshutil.Error about the
// reading; what became of the other questions stands in the survey.
func ReadSurvey(ctx context.Context, r sshutil.Runner, q Questions, now func() time.Time) (Survey, error) {
	return CompleteSurvey(ctx, r, q, func(ctx context.Context) (Survey, error) { return readMachine(ctx, r, q, now) })
}

// CompleteSurvey is ReadSurvey where the machine is being read already: read
// tells what came of it, and q is what remains to be asked.
func CompleteSurvey(ctx context.Context, r sshutil.Runner, q Questions, read func(context.Context) (Survey, error)) (Survey, error) {
	ctx, cancel := context.WithTimeout(ctx, surveyTimeout)
	defer cancel()
	var (
		asked    sync.WaitGroup
		sudo     Sudo
		said     string
		trust    nixcmd.Trust
		trustErr error
	)
	if q.Sudo {
		asked.Go(func() { sudo, said = askSudo(ctx, r, q.Agent) })
	}
	if q.Trust {
		asked.Go(func() { trust, trustErr = askTrust(ctx, r) })
	}
	s, err := read(ctx)
	if err != nil {
		cancel() // nobody wants the other answers any more
	}
	asked.Wait()
	if q.Sudo {
		s.Sudo, s.SudoSaid = sudo, said
	}
	if q.Trust {
		s.Trust, s.TrustErr = trust, trustErr
	}
	if c, ok := r.(*sshutil.Client); ok {
		s.Touch = c.Touched()
	}
	return s, err
}

// readMachine runs the script.
func readMachine(ctx context.Context, r sshutil.Runner, q Questions, now func() time.Time) (Survey, error) {
	// Whether the agent comes along is seen where that costs no login of its own.
	_, shared := r.(*sshutil.Master)
	along := (q.Sudo || q.Means) && q.Agent && shared
	result, err := r.Run(ctx, sshutil.Command{Line: scriptCommand, Stdin: surveyScript(q, along), MaxOutput: maxReadingOutput, ForwardAgent: along})
	if err != nil {
		return Survey{}, err
	}
	s, err := parseSurvey(result.Stdout, now(), along)
	if err != nil {
		return Survey{}, unanswered(result, err)
	}
	return s, nil
}

// askTrust shakes hands with the machine's Nix daemon as the login user.
func askTrust(ctx context.Context, r sshutil.Runner) (nixcmd.Trust, error) {
	s, ok := r.(streaming)
	if !ok {
		return nixcmd.TrustUnknown, errors.New("this connection carries no protocol")
	}
	stream, err := s.Stream(ctx, "nix-daemon --stdio")
	if err != nil {
		return nixcmd.TrustUnknown, err
	}
	// Closing is what ends a handshake whose other side is silent.
	end := sync.OnceFunc(func() { stream.Close() }) // how its server ends is of no interest
	defer end()
	unlink := context.AfterFunc(ctx, end)
	defer unlink()
	c, err := nixcmd.Connect(stream)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nixcmd.TrustUnknown, fmt.Errorf("asking the Nix daemon whom it trusts: %w", err)
	}
	return c.Daemon.Trust, nil
}
