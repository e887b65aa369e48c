package install

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Plan is what a person wants installed, and from where.
type Plan struct {
	Host     string
	Target   string // root@ADDRESS, for people
	Address  string // as ssh is asked
	Port     int    // 0 leaves it to ssh
	URL      string // reference of the flake as it is named; asked again once something is committed
	Flake    string // the same, pinned if its tree is clean
	Hardware string // absolute path of the file for the hardware configuration; "" shows it only
	Keys     []string
	Insist   bool   // go on where nobody could log in afterwards
	Rekeyed  bool   // the secrets are rekeyed, as far as that cannot be seen
	Again    string // name of a step that is done again although it is done

	Fleet      string // fleet.nix that may get an entry for the host, or ""
	KnownHosts string // the person's own file, or ""
	Anywhere   string // nixos-anywhere's path, or ""
}

// Nix answers what Nix would of the flake and of fleet.nix.
type Nix interface {
	InstallFacts(ctx context.Context, ref, host string) (nixcmd.InstallFacts, error)
	Metadata(ctx context.Context, ref string) (nixcmd.FlakeMetadata, error)
	File(ctx context.Context, path string) (json.RawMessage, error)
}

// Installation is one start of the flow. It is used by one goroutine.
type Installation struct {
	Plan    Plan
	Target  sshutil.Runner // nil while it is not an installer any more
	Arrive  Arrival
	Nix     Nix
	Local   Local
	Records Records
	Now     func() time.Time

	// Place chooses where a system of a platform is built: nil is here. before
	// is the machine that was chosen by an earlier start, or "".
	Place func(ctx context.Context, platform, before string) (*Elsewhere, error)
	// Say tells a person something; lines come sanitized.
	Say func(Telling)
	// Ask is a question with yes or no. Off a terminal it says what would be needed.
	Ask func(ctx context.Context, q Question) (bool, error)

	step   string // that is being taken
	record Record
	survey survey
	facts  nixcmd.InstallFacts
	keys   []HostKey
	made   bool   // a key was made in this start
	system string // of this flake, built
	again  bool   // the step is to be done although it is done
	place  *Elsewhere
	placed bool // place was chosen
}

// Telling is one thing that a person is told.
type Telling struct {
	Step     string // its name, or ""
	Kind     TellingKind
	Text     string
	Progress *nixcmd.Progress // of TellProgress
}

// TellingKind says how a line is meant. It is a word of the JSON too.
type TellingKind string

// The kinds of what is told.
const (
	TellBegin    TellingKind = "begin"    // a step begins
	TellDone     TellingKind = "done"     // a step is, or was already, done
	TellLeft     TellingKind = "left"     // a step was offered and not wanted, or is the person's
	TellUndone   TellingKind = "undone"   // a step was taken back
	TellNote     TellingKind = "note"     // something to know
	TellWarn     TellingKind = "warning"  // something to see to
	TellLog      TellingKind = "log"      // another program's line
	TellProgress TellingKind = "progress" // how far a long step has come
)

// Question is put to a person; Flag answers it beforehand. Waits says in half a
// sentence what is so as long as it has no yes, and Shown are the lines that it
// is about.
type Question struct {
	Text  string
	Waits string
	Flag  string
	Shown []string
}

// step is one step of the flow. done asks anew each time and says what it
// found; undo is nil where nothing is left behind.
type step struct {
	name  string
	title string
	done  func(ctx context.Context) (bool, string, error)
	do    func(ctx context.Context) error
	undo  func(ctx context.Context) (string, error)
}

// The names of steps that others speak of.
const (
	stepReach   = "reach"
	stepInstall = "install"
	stepReboot  = "reboot"
)

// steps are all of them, in their order.
func (i *Installation) steps() []step {
	return []step{
		{name: stepReach, title: "reach the installer", done: i.reached, do: i.reach},
		{name: "hardware", title: "write the hardware configuration", done: i.hardwareWritten, do: i.writeHardware, undo: i.removeHardware},
		{name: "flake", title: "see what the flake lacks", done: i.flakeReady, do: i.readFlake},
		{name: "key", title: "make the new host's key", done: i.keyMade, do: i.makeKey, undo: i.removeKeys},
		{name: "secrets", title: "rekey the secrets", done: i.rekeyed, do: i.rekey, undo: i.forgetRekeyed},
		{name: "build", title: "build the system", done: i.built, do: i.build, undo: i.unroot},
		{name: "copy", title: "copy it into the store at /mnt", done: i.copied, do: i.copySystem, undo: i.removeCopy},
		{name: stepInstall, title: "nixos-install", done: i.installed, do: i.install},
		{name: stepReboot, title: "reboot into it", done: i.rebooted, do: i.reboot},
		{name: "entry", title: "offer the entry for fleet.nix", done: i.listed, do: i.list},
		{name: "known", title: "offer the line for known_hosts", done: i.known, do: i.makeKnown},
	}
}

// Run goes through the steps that are not done yet; of a machine that was told
// to reboot, those that are left then.
func (i *Installation) Run(ctx context.Context) error {
	if err := i.remember(); err != nil {
		return err
	}
	steps := i.steps()
	if i.record.Rebooting != nil {
		i.keys, i.system, i.facts.System = i.record.Rebooting.Keys, i.record.Rebooting.System, i.record.Rebooting.Platform
		steps = steps[slices.IndexFunc(steps, func(s step) bool { return s.name == stepReboot }):]
	}
	if i.Plan.Again != "" && !slices.ContainsFunc(steps, func(s step) bool { return s.name == i.Plan.Again }) {
		return failure("The steps are "+names(steps)+".", "there is no step %q to be done again", i.Plan.Again)
	}
	for _, s := range steps {
		if err := i.take(ctx, s); err != nil {
			return inStep(s.title, err)
		}
	}
	return nil
}

func names(steps []step) string {
	words := ""
	for n, s := range steps {
		if n > 0 {
			words += ", "
		}
		words += s.name
	}
	return words
}

// take does a step unless it is done, and sees that it is done then. One that
// is left to the person is no failure.
func (i *Installation) take(ctx context.Context, s step) error {
	i.step, i.again = s.name, s.name == i.Plan.Again
	if i.again {
		if err := i.takeBack(ctx, s); err != nil {
			return err
		}
	}
	done, words, err := s.done(ctx)
	if err != nil {
		return err
	}
	if !done || i.again {
		i.tell(TellBegin, "")
		if err := s.do(ctx); err != nil {
			return i.unlessLeft(err)
		}
		i.again = false
		if done, words, err = s.done(ctx); err != nil {
			return err
		}
		if !done {
			return failure("Run this again; if it stays so, look on the target.", "the step went well, but what it should have made is not there")
		}
	}
	i.tell(TellDone, words)
	if s.name == stepInstall && i.record.Installed == nil {
		now := i.Now()
		i.record.Installed = &now
		return i.Records.write(i.record)
	}
	return nil
}

func (i *Installation) tell(kind TellingKind, words string) {
	i.Say(Telling{Step: i.step, Kind: kind, Text: words})
}

// takeBack undoes a step that is to be done again.
func (i *Installation) takeBack(ctx context.Context, s step) error {
	if s.undo == nil {
		return nil
	}
	if err := i.uninstalled(); err != nil {
		return err
	}
	words, err := s.undo(ctx)
	if err == nil {
		i.tell(TellUndone, words)
	}
	return err
}

// uninstalled refuses what cannot be undone any more.
func (i *Installation) uninstalled() error {
	if i.survey.profile == "" {
		return nil
	}
	return failure("Unmount and format its disks anew to get rid of it.", "nixos-install has been there already: %s has a system at /mnt", i.Plan.Target)
}

// remember takes up the record of an earlier start, and what is asked now over
// it. Who reaches an installer begins with it, whatever was told to reboot.
func (i *Installation) remember() error {
	old, err := i.Records.Read(i.Plan.Host)
	if err != nil {
		return err
	}
	i.record = Record{Host: i.Plan.Host, Started: i.Now()}
	if old != nil {
		i.record = *old
	}
	if i.Target != nil {
		i.record.Rebooting = nil
	}
	i.record.Target, i.record.Hardware = i.Plan.Target, i.Plan.Hardware
	return i.Records.write(i.record)
}

// Undo takes back what was done, the last first, or the step called name alone.
// What nixos-install made stays.
func (i *Installation) Undo(ctx context.Context, name string) error {
	old, err := i.Records.Read(i.Plan.Host)
	if err != nil {
		return err
	}
	if old == nil {
		return failure("Nothing has to be undone.", "no installation of %s was begun from here", i.Plan.Host)
	}
	i.record = *old
	steps := slices.DeleteFunc(i.steps(), func(s step) bool { return s.undo == nil || name != "" && s.name != name })
	if len(steps) == 0 {
		return failure("Those that leave something behind are "+names(slices.DeleteFunc(i.steps(), func(s step) bool { return s.undo == nil }))+".", "there is no step %q to be undone", name)
	}
	i.step = stepReach
	if err := i.look(ctx); err != nil {
		return inStep("look at the target", err)
	}
	if err := i.uninstalled(); err != nil {
		return err
	}
	for _, s := range slices.Backward(steps) {
		i.step = s.name
		words, err := s.undo(ctx)
		if err != nil {
			return inStep("undo: "+s.title, err)
		}
		i.tell(TellUndone, words)
	}
	if name != "" {
		return nil
	}
	return i.Records.forget(i.Plan.Host)
}

func (i *Installation) reached(context.Context) (bool, string, error) {
	s := i.survey
	return s.machine != "", fmt.Sprintf("%s on %s, %s, %s free at /mnt", s.os, s.machine, s.firmware, nixcmd.FormatBytes(s.free)), nil
}

func (i *Installation) reach(ctx context.Context) error {
	if err := i.look(ctx); err != nil {
		return err
	}
	for _, d := range i.survey.disks {
		i.tell(TellNote, "disk "+d.String())
	}
	err := i.survey.trouble(i.Plan.Target)
	if isUnprepared(err) && i.Plan.Anywhere != "" {
		return i.offerAnywhere(ctx, err)
	}
	return err
}

// confirm turns a no into an end of the flow that is no failure.
func (i *Installation) confirm(ctx context.Context, q Question) error {
	yes, err := i.Ask(ctx, q)
	if err == nil && !yes {
		err = &Error{Message: q.Waits, Hint: "Run it again with " + q.Flag + " when that is so, or on a terminal to be asked; it goes on here.", Err: ErrWaits}
	}
	return err
}

// Title is what people call the step of that name.
func Title(name string) string {
	for _, s := range new(Installation).steps() {
		if s.name == name {
			return s.title
		}
	}
	return name
}
