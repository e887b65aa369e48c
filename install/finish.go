package install

import (
	"bytes"
	"context"
	_ "embed" // for the script
	"fmt"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
)

//go:embed finish.sh
var finishScript []byte

// finishing is how nixos-install stands on the target.
type finishing struct {
	state   string // "none", "running" or "exit N"
	system  string // that it was started for
	profile string // the system that /mnt has
	log     []byte // from the offset that was asked for
}

func parseFinishing(out []byte) (f finishing, err error) {
	all, err := answers(out)
	for _, a := range all {
		switch a.key {
		case "state":
			f.state = a.value
		case "system":
			f.system = a.value
		case "profile":
			f.profile = a.value
		}
	}
	if _, after, ok := bytes.Cut(out, []byte(markers+"end\tok\n")); ok {
		f.log = after
	}
	return f, err
}

// finishLines is the script that does what is asked.
func (i *Installation) finishLines(what string) []byte {
	return fmt.Appendf(nil, "dir=%s system=%s most=%d\n%s\n%s\n", runDir, shellquote.Join(i.system), lookLog, finishScript, what)
}

func (i *Installation) finishing(ctx context.Context, offset int) (finishing, error) {
	out, err := i.script(ctx, i.finishLines(fmt.Sprintf("look %d", offset)))
	if err != nil {
		return finishing{}, err
	}
	return parseFinishing(out)
}

// installed holds only when nixos-install ended well for this very system: it
// sets the profile long before the boot loader is in place.
func (i *Installation) installed(ctx context.Context) (bool, string, error) {
	f, err := i.finishing(ctx, 0)
	if err != nil {
		return false, "", err
	}
	if f.profile != "" && f.profile != i.system && f.state != "running" {
		return false, "", failure("Unmount and format its disks to install anew, or deploy to it with `nixfleet-tui switch` once it is up.", "/mnt already has another system installed: %s", f.profile)
	}
	return f.stands(i.system), i.system, nil
}

// stands says whether nixos-install has ended well for a system.
func (f finishing) stands(system string) bool {
	return f.state == "exit 0" && f.system == system && f.profile == system
}

func (i *Installation) install(ctx context.Context) error {
	f, err := i.finishing(ctx, 0)
	if err != nil {
		return err
	}
	switch {
	case f.stands(i.system) && !i.again: // it ended since it was looked at
		return nil
	case f.state == "running" && f.system == i.system:
		i.tell(TellNote, "nixos-install is still at it from before; it is followed")
		return i.follow(ctx)
	case f.state == "running":
		return failure("Wait for it, or end it there.", "nixos-install is running on the target for another system: %s", f.system)
	}
	if err := i.confirm(ctx, Question{Text: "Run nixos-install on " + i.Plan.Target + "? It writes the boot loader, and cannot be undone.", Waits: "nixos-install waits for your word", Flag: "--yes"}); err != nil {
		return err
	}
	if _, err := i.script(ctx, i.finishLines("begin")); err != nil {
		return err
	}
	return i.follow(ctx)
}

// follow tells what nixos-install prints until it ends.
func (i *Installation) follow(ctx context.Context) error {
	lines := &lineWriter{say: i.log}
	tick := time.NewTicker(lookWait)
	defer tick.Stop()
	for offset := 0; ; {
		f, err := i.finishing(ctx, offset)
		if err != nil {
			return err
		}
		lines.Write(f.log) // cannot fail
		offset += len(f.log)
		code, ended := strings.CutPrefix(f.state, "exit ")
		switch {
		case len(f.log) == lookLog: // there is more already
			continue
		case ended && code == "0":
			lines.end()
			return nil
		case ended || f.state == "none":
			lines.end()
			return failure("What it printed is above, and in "+runDir+"/log there; mend it and run this again.", "nixos-install failed: %s", lines.decisive())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
