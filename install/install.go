package install

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Plan is what a person wants installed, and from where.
type Plan struct {
	Host     string
	Target   string   // root@ADDRESS, for people
	Address  string   // as ssh is asked
	Flake    string   // reference of the whole flake, the pinned one of a clean tree
	Hardware string   // absolute path of the file for the hardware configuration; "" shows it only
	Keys     []string // the person's own public keys, "type base64"
	Insist   bool     // go on where nobody could log in afterwards
	Rekeyed  bool     // the secrets are rekeyed
}

// Nix answers what Nix would of the new host's configuration.
type Nix interface {
	InstallFacts(ctx context.Context, ref, host string) (nixcmd.InstallFacts, error)
}

// Installation is one start of the flow. It is used by one goroutine.
type Installation struct {
	Plan    Plan
	Target  sshutil.Runner
	Nix     Nix
	Local   Local
	Records Records
	Now     func() time.Time

	// Say tells a person something; lines come sanitized.
	Say func(Telling)
	// Ask is a question with yes or no. Off a terminal it says what would be needed.
	Ask func(ctx context.Context, q Question) (bool, error)

	record Record
	survey Survey
	facts  nixcmd.InstallFacts
	keys   []HostKey
	made   bool   // a key was made in this start
	system string // of this flake, built
}

// Telling is one thing that a person is told.
type Telling struct {
	Kind TellingKind
	Text string
}

// TellingKind says how a line is meant.
type TellingKind int

// The kinds of what is told.
const (
	TellDone  TellingKind = iota // a step is, or was already, done
	TellBegin                    // a step begins
	TellNote                     // something to know
	TellWarn                     // something to see to
	TellLog                      // another program's line
)

// Question is put to a person; Flag answers it beforehand. Waits says in half a
// sentence what is so as long as it has no yes.
type Question struct {
	Text  string
	Waits string
	Flag  string
}

// Step is one step of the flow. Done asks anew each time and says what it
// found; Undo is nil where nothing is left behind.
type Step struct {
	Name  string
	Title string
	Done  func(ctx context.Context) (bool, string, error)
	Do    func(ctx context.Context) error
	Undo  func(ctx context.Context) (string, error)
}

// Steps are all of them, in their order.
func (i *Installation) Steps() []Step {
	return []Step{
		{Name: "reach", Title: "reach the installer", Done: i.reached, Do: i.reach},
		{Name: "hardware", Title: "write the hardware configuration", Done: i.hardwareWritten, Do: i.writeHardware, Undo: i.removeHardware},
		{Name: "flake", Title: "see what the flake lacks", Done: i.flakeReady, Do: i.readFlake},
		{Name: "key", Title: "make the new host's key", Done: i.keyMade, Do: i.makeKey, Undo: i.removeKeys},
		{Name: "secrets", Title: "rekey the secrets", Done: i.rekeyed, Do: i.rekey},
		{Name: "build", Title: "build the system", Done: i.built, Do: i.build, Undo: i.unroot},
		{Name: "copy", Title: "copy it into the store at /mnt", Done: i.copied, Do: i.copySystem, Undo: i.removeCopy},
		{Name: "install", Title: "nixos-install", Done: i.installed, Do: i.install},
	}
}

// Run goes through the steps that are not done yet.
func (i *Installation) Run(ctx context.Context) error {
	if err := i.remember(); err != nil {
		return err
	}
	for _, s := range i.Steps() {
		if err := i.take(ctx, s); err != nil {
			return inStep(s.Title, err)
		}
	}
	now := i.Now()
	i.record.Installed = &now
	return i.Records.Write(i.record)
}

// take does a step unless it is done, and sees that it is done then.
func (i *Installation) take(ctx context.Context, s Step) error {
	done, words, err := s.Done(ctx)
	if err != nil {
		return err
	}
	if !done {
		i.Say(Telling{TellBegin, s.Title})
		if err := s.Do(ctx); err != nil {
			return err
		}
		if done, words, err = s.Done(ctx); err != nil {
			return err
		}
		if !done {
			return failure("Run this again; if it stays so, look on the target.", "the step went well, but what it should have made is not there")
		}
	}
	i.Say(Telling{TellDone, s.Title + ": " + words})
	return nil
}

// remember takes up the record of an earlier start, and what is asked now over it.
func (i *Installation) remember() error {
	old, err := i.Records.Read(i.Plan.Host)
	if err != nil {
		return err
	}
	i.record = Record{Host: i.Plan.Host, Started: i.Now()}
	if old != nil {
		i.record = *old
	}
	i.record.Target, i.record.Hardware = i.Plan.Target, i.Plan.Hardware
	return i.Records.Write(i.record)
}

// Undo takes back what was done, the last first. What nixos-install made stays.
func (i *Installation) Undo(ctx context.Context) error {
	old, err := i.Records.Read(i.Plan.Host)
	if err != nil {
		return err
	}
	if old == nil {
		return failure("Nothing has to be undone.", "no installation of %s was begun from here", i.Plan.Host)
	}
	i.record = *old
	if err := i.look(ctx); err != nil {
		return inStep("look at the target", err)
	}
	if i.survey.Profile != "" {
		return failure("Unmount and format its disks anew to get rid of it.", "nixos-install has been there already: %s has a system at /mnt", i.Plan.Target)
	}
	for _, s := range slices.Backward(i.Steps()) {
		if s.Undo == nil {
			continue
		}
		words, err := s.Undo(ctx)
		if err != nil {
			return inStep("undo: "+s.Title, err)
		}
		i.Say(Telling{TellDone, s.Title + ": " + words})
	}
	return i.Records.Forget(i.Plan.Host)
}

func (i *Installation) reached(context.Context) (bool, string, error) {
	s := i.survey
	return s.Machine != "", fmt.Sprintf("%s on %s, %s, %s free at /mnt", s.OS, s.Machine, s.Firmware, nixcmd.FormatBytes(s.Free)), nil
}

func (i *Installation) reach(ctx context.Context) error {
	if err := i.look(ctx); err != nil {
		return err
	}
	for _, d := range i.survey.Disks {
		i.Say(Telling{TellNote, "disk " + d.String()})
	}
	return i.survey.Trouble(i.Plan.Target)
}

// confirm turns a no into an end of the flow that is no failure.
func (i *Installation) confirm(ctx context.Context, q Question) error {
	yes, err := i.Ask(ctx, q)
	if err == nil && !yes {
		err = &Error{Message: q.Waits, Hint: "Run it again with " + q.Flag + " when that is so, or on a terminal to be asked; it goes on here.", Err: ErrWaits}
	}
	return err
}

var errNotBuilt = errors.New("the system is not built")
