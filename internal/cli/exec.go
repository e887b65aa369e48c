package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// execOptions are those of `exec`.
type execOptions struct {
	*Program
	Source *sourceFlags

	On      string
	Command string // for the hosts' login shells
	Diff    bool
	JSON    bool
}

func newExecCmd(p *Program, src *sourceFlags, run func(context.Context, *execOptions) error) *cobra.Command {
	o := &execOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "exec --on SEL -- COMMAND",
		Short: "Run a command on several hosts, and show equal answers once",
		Long: `Runs a command on all selected hosts at the same time, as the login user,
without a terminal and without input. Hosts that answered the same are shown
together, the largest group first. A single word after -- is a line for the
hosts' shell; several words are run as they are.

` + selHelp + `

Exit code: 0 when the command ended with 0 everywhere, 1 when it did not or a host
could not be reached, 130 when interrupted (what was answered until then is shown;
a command that still runs is hung up).`,
		Example: `  nixfleet-tui exec --on @web -- systemctl is-active nginx
  nixfleet-tui exec --on '*' -- 'uname -r; uptime -p'
  nixfleet-tui exec --on @db --diff -- cat /etc/hosts    # against the largest group
  nixfleet-tui exec --on '*' --json -- nix --version | jq -r '.answers[].hosts[]'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); len(args) == 0 || dash > 0 || dash < 0 {
				return usage("Put the command after `--`, for example `exec --on @web -- uptime`.", "`exec` needs to be told what to run")
			}
			o.Command = args[0]
			if len(args) > 1 {
				o.Command = shellquote.Join(args...)
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	p.onFlag(cmd, src, &o.On, "ask the hosts of `SEL`, such as web1,db1 or '@web,!web3' or '*'")
	f.BoolVar(&o.Diff, "diff", false, "show of all groups but the largest only how they differ from it")
	f.BoolVar(&o.JSON, "json", false, "print one JSON document")
	return cmd
}

func runExec(ctx context.Context, o *execOptions) error {
	if o.On == "" {
		return usage("Name them, for example `--on web1,db1`, `--on @web`, or `--on '*'` for all.", "`exec` needs to be told which hosts: --on is missing")
	}
	sel, err := fleet.ParseSelection(o.On)
	if err != nil {
		return err
	}
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	chooser := &actionOptions{Program: o.Program, Source: o.Source}
	hosts, err := chooser.selected(ctx, l, sel)
	if err != nil {
		return err
	}
	answers, err := o.ask(ctx, l, hosts)
	if err != nil {
		return err
	}
	if err := o.show(fleet.Fold(answers), len(hosts)); err != nil {
		return err
	}
	return execExit(ctx, answers)
}

// execExit is the exit code of all answers together.
func execExit(ctx context.Context, answers []fleet.Answer) error {
	if ctx.Err() != nil {
		return exit(ExitCancelled)
	}
	if slices.ContainsFunc(answers, func(a fleet.Answer) bool { return a.Err != nil || a.ExitCode != 0 }) {
		return exit(ExitFailed)
	}
	return nil
}

// ask runs the command on all hosts, and returns when the last has answered or
// the person has had enough.
func (o *execOptions) ask(ctx context.Context, l *loaded, hosts []string) ([]fleet.Answer, error) {
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return nil, err
	}
	var (
		mu       sync.Mutex
		answered int
		asking   sync.WaitGroup
		answers  = make([]fleet.Answer, len(hosts))
		places   = make(chan struct{}, asksAtOnce)
	)
	line := newProgressLine(o.IO, func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprintf("%d of %d hosts have answered", answered, len(hosts))
	})
	for i, host := range hosts {
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			answers[i] = o.askOne(ctx, pool, host)
			mu.Lock()
			answered++
			mu.Unlock()
		})
	}
	asking.Wait()
	line.end()
	return answers, done()
}

func (o *execOptions) askOne(ctx context.Context, pool *sshutil.Pool, host string) fleet.Answer {
	client, err := pool.Client(ctx, host)
	if err != nil {
		return fleet.Answer{Host: host, Err: err}
	}
	return fleet.Ask(ctx, client, host, o.Command, client.Target().ForwardAgent, o.Env.Now)
}

// execJSON is the document of `exec --json`.
type execJSON struct {
	Version int          `json:"version"`
	Command string       `json:"command"`
	Answers []answerJSON `json:"answers"` // the largest group of hosts first
}

type answerJSON struct {
	Hosts    []string `json:"hosts"`
	ExitCode *int     `json:"exitCode"` // null: it did not run, or not to its end
	Stdout   string   `json:"stdout"`
	Stderr   string   `json:"stderr"`
	Error    string   `json:"error"`
	Hint     string   `json:"hint"`
}

func execDocument(command string, groups []fleet.Folded) execJSON {
	doc := execJSON{Version: documentVersion, Command: command, Answers: []answerJSON{}}
	for _, g := range groups {
		a := answerJSON{Hosts: g.Hosts, Stdout: string(g.Stdout), Stderr: string(g.Stderr)}
		if g.Err != nil {
			a.Error, a.Hint = whyUnanswered(g.Answer)
		} else {
			a.ExitCode = &g.ExitCode
		}
		doc.Answers = append(doc.Answers, a)
	}
	return doc
}

// whyUnanswered is why a command did not run, without the host's name.
func whyUnanswered(a fleet.Answer) (reason, hint string) {
	var e *sshutil.Error
	if errors.As(a.Err, &e) {
		return e.Message, e.Hint
	}
	f := explain(a.Err)
	return strings.TrimPrefix(f.Message, a.Host+": "), f.Hint
}
