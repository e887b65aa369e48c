package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
)

// installOptions are those of `install`.
type installOptions struct {
	*Program
	Source *sourceFlags

	Host     string
	Target   string // root@ADDRESS
	Hardware string // file for the hardware configuration
	Yes      bool
	Rekeyed  bool
	Insist   bool
	Undo     bool
	Reboot   bool

	address string
	port    int
	waits   *install.Rebooting // the target was told to reboot by an earlier start
}

func newInstallCmd(p *Program, src *sourceFlags, run func(context.Context, *installOptions) error) *cobra.Command {
	o := &installOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "install HOST --target root@ADDRESS",
		Short: "Install a new host from a running installer, step by step",
		Long: `Makes a machine that runs a NixOS installer (or any Linux with Nix and
nixos-install-tools) into the flake's HOST, so that its first generation is the
fleet's own. You partition, format and mount at /mnt; this never does. Then it
  1. looks at the installer: platform, firmware, disks, and the space at /mnt
  2. writes what nixos-generate-config finds into --hardware FILE
  3. sees what the flake lacks: the host, file systems, a key that lets you in
  4. makes the new host's SSH keys on the target, below /mnt
  5. shows the public half for agenix and waits until the secrets are rekeyed
  6. builds the system here, with the builders of this machine's Nix
  7. copies it into the store at /mnt
  8. runs nixos-install
and prints the entry for fleet.nix and the known_hosts line. With --reboot it then
restarts the machine and waits until it is up with its own key and system.
What is done is seen on the target each time: after a failure, a cut connection or
ctrl+c run it again, then without --target, and it goes on there. Nothing that
exists is overwritten.

Exit code: 0 installed, 1 a step failed, 2 usage or the flake, 3 a person has
something to do first.`,
		Example: `  nixfleet-tui install mantella --target root@192.0.2.7 --hardware hosts/mantella/hardware.nix
  nixfleet-tui install mantella                 # goes on where it stopped
  nixfleet-tui install mantella --rekeyed --yes --reboot # asks nothing, and waits until it is up
  nixfleet-tui install mantella --undo          # takes back all until nixos-install`,
		Args: needArgs(1, 1, "the name of the new host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Host = args[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Target, "target", "", "where the installer answers: `root@ADDRESS`, or root@ADDRESS:PORT")
	f.StringVar(&o.Hardware, "hardware", "", "new `FILE` for the hardware configuration; one that exists is kept")
	f.BoolVar(&o.Yes, "yes", false, "run nixos-install without asking")
	f.BoolVar(&o.Rekeyed, "rekeyed", false, "the secrets are rekeyed for the new host's key, and committed")
	f.BoolVar(&o.Insist, "insist", false, "go on although nobody could log in on the new host")
	f.BoolVar(&o.Reboot, "reboot", false, "then reboot the machine, and wait until it is up as the new host")
	f.BoolVar(&o.Undo, "undo", false, "take back what was done so far; nixos-install cannot be")
	return cmd
}

func runInstall(ctx context.Context, o *installOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	records := install.Records{Dir: filepath.Join(o.World.StateDir(), "installs")}
	if err := o.recall(records); err != nil {
		return err
	}
	release, err := records.Lock(o.Host)
	if err != nil {
		return err
	}
	return errors.Join(o.installWith(ctx, records), release())
}

// recall completes what was typed by what an earlier start was told.
func (o *installOptions) recall(records install.Records) error {
	old, err := records.Read(o.Host)
	if err != nil {
		return err
	}
	if o.Hardware != "" && !filepath.IsAbs(o.Hardware) {
		o.Hardware = filepath.Join(o.Env.Dir, o.Hardware)
	}
	if old != nil {
		if o.waits = old.Rebooting; o.Undo || o.Target != "" {
			o.waits = nil // then an installer is meant, whatever was
		}
		if o.Target == "" {
			o.Target = old.Target
		}
		if o.Hardware == "" {
			o.Hardware = old.Hardware
		}
	}
	if o.Target == "" {
		return usage("Say where its installer answers: --target root@ADDRESS.", "no installation of %s was begun, and --target is missing", text.Line(o.Host))
	}
	if o.address, o.port, err = install.SplitTarget(o.Target); err != nil {
		f := explainInstall(err)
		f.Code = ExitUsage
		return f
	}
	return nil
}

// tellInstall prints one thing that the flow tells.
func (o *installOptions) tellInstall(t install.Telling) {
	marks := map[install.TellingKind]mark{
		install.TellDone:  {"✓", "+", t.Text, good},
		install.TellBegin: {"→", ">", t.Text, busy},
		install.TellWarn:  {"▲", "!", t.Text, warn},
	}
	m, ok := marks[t.Kind]
	switch {
	case ok:
		glyph, words, _ := strings.Cut(m.text(o.IO.ASCII), " ")
		fmt.Fprintf(o.IO.Out, "%s %s\n", o.IO.paint(m.ink, glyph), text.Line(words))
	case t.Kind == install.TellLog:
		fmt.Fprintln(o.IO.Out, o.IO.paint(faint, "    "+text.Line(t.Text)))
	default:
		fmt.Fprintf(o.IO.Out, "  %s\n", text.Line(t.Text))
	}
}

// askInstall puts a question to the person, unless a flag has answered it. Off a
// terminal what is not answered is a no.
func (o *installOptions) askInstall(_ context.Context, q install.Question) (bool, error) {
	if q.Flag == "--yes" && o.Yes {
		return true, nil
	}
	if !o.IO.CanAsk() {
		return false, nil
	}
	fmt.Fprintf(o.IO.Err, "%s [y/N] ", text.Line(q.Text))
	answer, err := readLine(o.IO.In)
	if err != nil {
		fmt.Fprintln(o.IO.Err)
		if !errors.Is(err, io.EOF) {
			return false, err
		}
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// explainInstall knows what the flow of an installation could not do.
func explainInstall(err error) *Failure {
	var (
		step *install.StepError
		told *install.Error
	)
	switch {
	case errors.As(err, &step) && step.Cut:
		return &Failure{Message: step.Error(), Hint: "Run it again, without --target if you like; it goes on there.", Code: ExitFailed}
	case errors.As(err, &told):
		f := &Failure{Message: told.Message, Hint: told.Hint, Code: ExitFailed}
		if errors.Is(err, install.ErrWaits) {
			f.Code = ExitAttention
		}
		return f
	}
	return nil
}
