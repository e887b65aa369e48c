package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
)

// installOptions are those of `install`.
type installOptions struct {
	*Program
	Source *sourceFlags

	Host       string
	Target     string // root@ADDRESS
	Hardware   string // file for the hardware configuration
	BuildOn    string // "" chooses by itself
	Yes        bool
	Rekeyed    bool
	Insist     bool
	Undo       bool
	Step       string // that alone is undone, or done again
	Reboot     bool
	WriteEntry bool
	WriteKnown bool
	HandOver   bool
	JSON       bool

	// tell and ask are between the flow and a person, and accept lets them judge a
	// key of the installer that is not known; nil: nobody can.
	tell   func(install.Telling)
	ask    func(ctx context.Context, q install.Question) (bool, error)
	accept func(ctx context.Context, words []string) error

	address string
	port    int
	arrives bool // the target was told to reboot by an earlier start
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
  6. builds the system: here, if this machine's Nix has builders for it, else on the
     best builder of the fleet that lets you in, else here; --build-on says it
  7. copies it into the store at /mnt
  8. runs nixos-install
  9. reboots the machine, if you like, and waits until it is up with its own key
 10. offers to write the entry for fleet.nix
 11. offers to write the known_hosts line
Where nixos-anywhere is installed, and nothing is mounted at /mnt, it offers to hand
over to that. What is done is seen on the target each time: after a failure, a cut connection or
ctrl+c run it again, then without --target, and it goes on there. Nothing that
exists is overwritten. --step does one of them again: reach, hardware, flake, key,
secrets, build, copy, install, reboot, entry, known.

Exit code: 0 installed, 1 a step failed, 2 usage or the flake, 3 a person has
something to do first.`,
		Example: `  nixfleet-tui install mantella --target root@192.0.2.7 --hardware hosts/mantella/hardware.nix
  nixfleet-tui install mantella                 # goes on where it stopped
  nixfleet-tui install mantella --rekeyed --yes --reboot # asks nothing, and waits until it is up
  nixfleet-tui install mantella --step build     # does that again, and what follows
  nixfleet-tui install mantella --undo           # takes back all until nixos-install`,
		Args: needArgs(1, 1, "the name of the new host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Host = args[0]
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Target, "target", "", "where the installer answers: `root@ADDRESS`, or root@ADDRESS:PORT")
	f.StringVar(&o.Hardware, "hardware", "", "new `FILE` for the hardware configuration; one that exists is kept")
	f.StringVar(&o.BuildOn, "build-on", "", "where to build: local, or the `NAME` of a host or builder")
	f.BoolVar(&o.Yes, "yes", false, "run nixos-install without asking")
	f.BoolVar(&o.Rekeyed, "rekeyed", false, "the secrets are rekeyed for the new host's key, and committed")
	f.BoolVar(&o.Insist, "insist", false, "go on although nobody could log in on the new host")
	f.BoolVar(&o.Reboot, "reboot", false, "then reboot the machine, and wait until it is up as the new host")
	f.BoolVar(&o.WriteEntry, "write-entry", false, "write the entry for the new host into fleet.nix without asking")
	f.BoolVar(&o.WriteKnown, "write-known-hosts", false, "add the new host's key to ~/.ssh/known_hosts without asking")
	f.BoolVar(&o.HandOver, "hand-over", false, "where nothing is mounted at /mnt, let nixos-anywhere ERASE the disks and install")
	f.StringVar(&o.Step, "step", "", "do this `STEP` again; with --undo, take back this one alone")
	f.BoolVar(&o.Undo, "undo", false, "take back what was done so far; nixos-install cannot be")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object per line (docs/json.md); asks nothing")
	return cmd
}

func runInstall(ctx context.Context, o *installOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	o.tell, o.ask = o.tellInstall, o.askInstall
	if o.IO.CanAsk() && !o.JSON {
		o.accept = o.acceptInstaller
	}
	events := &installEvents{out: o.IO.Out, now: o.Env.Now, host: o.Host}
	if o.JSON {
		o.tell = events.tell
	}
	err := o.carryOut(ctx)
	var over *install.HandOver
	switch {
	case o.JSON:
		return events.end(err)
	case errors.As(err, &over):
		return o.runAnywhere(ctx, over.Words)
	case err == nil && !o.Undo:
		fmt.Fprintf(o.IO.Out, "\n%s is installed.\n", text.Line(o.Host))
	}
	return err
}

// carryOut goes through the flow, alone for this host.
func (o *installOptions) carryOut(ctx context.Context) error {
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
		// A target that is named is an installer, whatever was.
		o.arrives = old.Rebooting != nil && !o.Undo && o.Target == ""
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
