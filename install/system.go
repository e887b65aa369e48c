package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"

	"nixfleet-tui/nixcmd"
)

// theirStore is the store that the installed system will have, as Nix on the
// target names it.
const theirStore = "local?root=" + root

func (i *Installation) log(line string) { i.Say(Telling{TellLog, line}) }

// built asks the link that keeps the system whether it is the one that the
// flake wants now.
func (i *Installation) built(context.Context) (bool, string, error) {
	path, err := os.Readlink(i.Records.Root(i.Plan.Host))
	if errors.Is(err, fs.ErrNotExist) || err == nil && path != i.facts.Wanted {
		return false, "", nil
	}
	if err == nil {
		_, err = os.Stat(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, "", nil
	}
	i.system = path
	return err == nil, path, err
}

// build leaves it to this machine's Nix which builders it sends builds to.
func (i *Installation) build(ctx context.Context) error {
	_, err := i.Local.nix(ctx, i.log, "build", "--out-link", i.Records.Root(i.Plan.Host), nixcmd.SystemAttr(i.Plan.Flake, i.Plan.Host))
	return err
}

func (i *Installation) unroot(context.Context) (string, error) {
	err := os.Remove(i.Records.Root(i.Plan.Host))
	if errors.Is(err, fs.ErrNotExist) {
		return "nothing of ours", nil
	}
	return "not kept from garbage collection any more", err
}

// copied asks the target: Nix has a path as valid only with all that it needs.
func (i *Installation) copied(ctx context.Context) (bool, string, error) {
	if i.system == "" {
		return false, "", errNotBuilt
	}
	out, err := i.script(ctx, fmt.Appendf(nil, "nix-store --store %s --check-validity %s >/dev/null 2>&1 && printf 'nixfleet-install valid\\tyes\\n'; printf 'nixfleet-install end\\tok\\n'\n",
		shellquote.Join(theirStore), shellquote.Join(i.system)))
	if err != nil {
		return false, "", err
	}
	all, err := answers(out)
	return len(all) > 0, i.system, err
}

func (i *Installation) copySystem(ctx context.Context) error {
	size, err := i.closureSize(ctx)
	if err != nil {
		return err
	}
	if err := i.look(ctx); err != nil { // the space is what it is now
		return err
	}
	if err := Room(size, i.survey.Free); err != nil {
		return err
	}
	if !slices.Contains(i.record.Copied, i.system) {
		i.record.Copied = append(i.record.Copied, i.system)
		if err := i.Records.Write(i.record); err != nil {
			return err
		}
	}
	to := "ssh://root@" + bracketed(i.Plan.Address) + "?remote-store=local%3Froot%3D%2Fmnt"
	_, err = i.Local.nix(ctx, i.log, "copy", "--substitute-on-destination", "--to", to, i.system)
	return err
}

// bracketed is an address as a store's URI has it.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

// closureSize is what the system takes with all that it needs.
func (i *Installation) closureSize(ctx context.Context) (int64, error) {
	out, err := i.Local.nix(ctx, i.log, "path-info", "--closure-size", i.system)
	if err != nil {
		return 0, err
	}
	words := strings.Fields(out)
	size, err := strconv.ParseInt(words[max(0, len(words)-1)], 10, 64)
	if len(words) < 2 || err != nil {
		return 0, failure("Run it again; `nix path-info --closure-size` shows what it says.", "nix did not say how large the system is")
	}
	return size, nil
}

// Room says whether a closure fits into what is free, or -1 when that is not known.
func Room(size, free int64) error {
	if free < 0 || size+spare <= free {
		return nil
	}
	return failure("Mount a larger file system at /mnt (or /mnt/nix), or remove what is there.", "/mnt has %s free, and the system needs %s and some more",
		nixcmd.FormatBytes(free), nixcmd.FormatBytes(size))
}

// removeCopy removes from /mnt what nothing there needs of the systems that we
// copied. Nix itself refuses to remove what is in use.
func (i *Installation) removeCopy(ctx context.Context) (string, error) {
	if len(i.record.Copied) == 0 {
		return "nothing of ours", nil
	}
	store := shellquote.Join(theirStore)
	var b bytes.Buffer
	for _, system := range i.record.Copied {
		p := shellquote.Join(system)
		fmt.Fprintf(&b, "nix-store --store %[1]s --check-validity %[2]s 2>/dev/null && { nix-store --store %[1]s --delete $(nix-store --store %[1]s -q --requisites %[2]s) >&2 || exit 1; }\n", store, p)
	}
	b.WriteString("exit 0\n")
	if _, err := i.script(ctx, b.Bytes()); err != nil {
		return "", err
	}
	return "removed from the store at /mnt", nil
}
