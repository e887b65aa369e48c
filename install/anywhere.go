package install

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"

	"github.com/kballard/go-shellquote"
)

// HandOver ends the flow: the person wants another program to go on, which
// gets the terminal.
type HandOver struct{ Words []string }

func (h *HandOver) Error() string { return "handed over to nixos-anywhere" }

// anywhere is how nixos-anywhere is called for the same host; it erases disks.
// A hardware configuration that exists it would overwrite, so that is not asked of it.
func (p Plan) anywhere() []string {
	words := []string{p.Anywhere, "--flake", p.URL + "#" + p.Host, "--target-host", "root@" + p.Address}
	if p.Port != 0 {
		words = append(words, "-p", strconv.Itoa(p.Port))
	}
	if p.Hardware != "" {
		if _, err := os.Lstat(p.Hardware); errors.Is(err, fs.ErrNotExist) {
			words = append(words, "--generate-hardware-config", "nixos-generate-config", p.Hardware)
		}
	}
	return words
}

// offerAnywhere offers to have the disks prepared, and all else done, by
// nixos-anywhere; why is what holds the flow up otherwise. A flake that says
// nothing of disks gives it nothing to do.
func (i *Installation) offerAnywhere(ctx context.Context, why error) error {
	facts, err := i.Nix.InstallFacts(ctx, i.Plan.Flake, i.Plan.Host)
	if err != nil {
		return errors.Join(why, explainFlake(i.Plan.Host, err))
	}
	if !facts.Disko {
		i.tell(TellNote, "nixos-anywhere is here, but "+i.Plan.Host+" has no disko configuration for it")
		return why
	}
	words := i.Plan.anywhere()
	yes, err := i.Ask(ctx, Question{
		Text: "Nothing is mounted at /mnt. Hand over to nixos-anywhere? It ERASES the disks of " + i.Plan.Target + ", makes them as disko says, installs and reboots.",
		Flag: "--hand-over", Shown: []string{shellquote.Join(words...)},
	})
	switch {
	case err != nil:
		return err
	case yes:
		return &HandOver{Words: words}
	}
	var told *Error
	if errors.As(why, &told) {
		more := *told
		more.Hint += " Or, to have disko ERASE and make the disks: `" + shellquote.Join(words...) + "` (--hand-over)."
		return &more
	}
	return why
}
