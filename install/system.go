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
	"nixfleet-tui/sshutil"
)

// theirStore is the store that the installed system will have, as Nix on the
// target names it.
const theirStore = "local?root=" + root

func (i *Installation) log(line string) { i.tell(TellLog, line) }

// deleteScript removes those of $all that are valid in $store.
const deleteScript = `bad=$(nix-store --store "$store" --check-validity --print-invalid $all 2>/dev/null)
set --
for p in $all; do case " $(echo $bad) " in *" $p "*) ;; *) set -- "$@" "$p" ;; esac; done
[ $# = 0 ] || nix-store --store "$store" --delete "$@" >&2
`

// Elsewhere is a machine of the fleet on which the system is built, as the
// person's own login there.
type Elsewhere struct {
	Name   string
	Runner sshutil.Runner
}

// store is how this machine's Nix names the other's store.
func (e *Elsewhere) store() string { return "ssh-ng://" + e.Name }

// rootLink keeps what is built there from garbage collection; it lies below the
// login's home, one for each host.
func (e *Elsewhere) rootLink(host string) string {
	return `"$HOME"/` + shellquote.Join(".local/state/nixfleet/roots/install-"+strings.ReplaceAll(host, "/", "%2f"))
}

// run runs a line of shell there.
func (e *Elsewhere) run(ctx context.Context, line string) (string, error) {
	r, err := e.Runner.Run(ctx, sshutil.Command{Line: shell, Stdin: []byte(line + "\n"), MaxOutput: maxOut})
	if err != nil {
		return "", err
	}
	if r.ExitCode != 0 {
		return "", failure("See there whether its Nix is well.", "%s could not be asked: %s", e.Name, lastWords(r.Stderr, r.ExitCode))
	}
	return strings.TrimSpace(string(r.Stdout)), nil
}

// choosePlace chooses where the system is built, once in a start.
func (i *Installation) choosePlace(ctx context.Context) (err error) {
	if i.placed {
		return nil
	}
	i.place, err = i.Place(ctx, i.facts.System, i.record.BuiltOn)
	i.placed = err == nil
	return err
}

// built asks the link that keeps the system whether it is the one that the
// flake wants now, and Nix whether it is there.
func (i *Installation) built(ctx context.Context) (bool, string, error) {
	if err := i.choosePlace(ctx); err != nil {
		return false, "", err
	}
	link, err := i.keptSystem(ctx)
	if err != nil || link != i.facts.Wanted {
		return false, "", err
	}
	i.system = link
	words := link
	if i.place != nil {
		words += ", on " + i.place.Name
	}
	return true, words, nil
}

// keptSystem is where the link leads, if that is there still.
func (i *Installation) keptSystem(ctx context.Context) (string, error) {
	if i.place != nil {
		return i.place.run(ctx, `p=$(readlink `+i.place.rootLink(i.Plan.Host)+`) && [ -e "$p" ] && printf %s "$p"; exit 0`)
	}
	path, err := os.Readlink(i.Records.root(i.Plan.Host))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if _, err := i.nix(ctx, "path-info", path); err != nil && ctx.Err() == nil {
		return "", nil // collected, or never made
	}
	return path, ctx.Err()
}

// build has the system built: by this machine's Nix, which sends builds to its
// builders, or on another machine altogether.
func (i *Installation) build(ctx context.Context) error {
	attr := nixcmd.SystemAttr(i.Plan.Flake, i.Plan.Host)
	if i.place == nil {
		_, err := i.nix(ctx, "build", "--out-link", i.Records.root(i.Plan.Host), attr)
		return err
	}
	if _, err := i.nix(ctx, "build", "--no-link", "--store", i.place.store(), "--eval-store", "auto", attr); err != nil {
		return err
	}
	link := i.place.rootLink(i.Plan.Host)
	i.record.BuiltOn = i.place.Name
	if err := i.Records.write(i.record); err != nil {
		return err
	}
	_, err := i.place.run(ctx, fmt.Sprintf("mkdir -p \"$HOME/.local/state/nixfleet/roots\" && nix-store --add-root %s --indirect --realise %s", link, shellquote.Join(i.facts.Wanted)))
	return err
}

// unroot lets go of what was built.
func (i *Installation) unroot(ctx context.Context) (string, error) {
	const words = "not kept from garbage collection any more"
	if i.record.BuiltOn != "" {
		if err := i.choosePlace(ctx); err != nil {
			return "", err
		}
	}
	if i.place != nil && i.place.Name == i.record.BuiltOn {
		if _, err := i.place.run(ctx, "rm -f "+i.place.rootLink(i.Plan.Host)); err != nil {
			return "", err
		}
		i.record.BuiltOn = ""
		return words, i.Records.write(i.record)
	}
	err := os.Remove(i.Records.root(i.Plan.Host))
	if errors.Is(err, fs.ErrNotExist) {
		return "nothing of ours", nil
	}
	return words, err
}

// copied asks the target: Nix has a path as valid only with all that it needs.
func (i *Installation) copied(ctx context.Context) (bool, string, error) {
	out, err := i.script(ctx, fmt.Appendf(nil, "nix-store --store %s --check-validity %s >/dev/null 2>&1 && printf 'nixfleet-install valid\\tyes\\n'; printf 'nixfleet-install end\\tok\\n'\n",
		shellquote.Join(theirStore), shellquote.Join(i.system)))
	if err != nil {
		return false, "", err
	}
	all, err := answers(out)
	return len(all) > 0, i.system, err
}

func (i *Installation) copySystem(ctx context.Context) error {
	closure, err := i.closure(ctx)
	if err != nil {
		return err
	}
	lacks, err := i.lacks(ctx, closure)
	if err != nil {
		return err
	}
	if err := i.look(ctx); err != nil { // the space is what it is now
		return err
	}
	if err := checkRoom(lacks.Size(), i.survey.free); err != nil {
		return err
	}
	for path := range lacks {
		i.record.Copied = append(i.record.Copied, string(path))
	}
	slices.Sort(i.record.Copied)
	i.record.Copied = slices.Compact(i.record.Copied)
	if err := i.Records.write(i.record); err != nil {
		return err
	}
	args := []string{"copy", "--substitute-on-destination", "--to", "ssh://root@" + bracketed(i.Plan.Address) + "?remote-store=local%3Froot%3D%2Fmnt"}
	if i.place != nil {
		args = append(args, "--from", i.place.store())
	}
	_, err = i.nix(ctx, append(args, i.system)...)
	return i.cut(ctx, err)
}

// cut finds out, when a copy has failed, whether the target is there still.
func (i *Installation) cut(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, errLost) {
		return err
	}
	if lost := i.look(ctx); lost != nil {
		return lost
	}
	return err
}

// bracketed is an address as a store's URI has it.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}

// closure is the system and all that it needs.
func (i *Installation) closure(ctx context.Context) (nixcmd.Closure, error) {
	args := []string{"path-info", "--recursive", "--size", i.system}
	if i.place != nil {
		args = append(args, "--store", i.place.store())
	}
	out, err := i.nix(ctx, args...)
	if err != nil {
		return nil, err
	}
	closure := nixcmd.Closure{}
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		path, ok := nixcmd.ParseStorePath(words[0])
		size, err := strconv.ParseInt(words[len(words)-1], 10, 64)
		if !ok || err != nil {
			return nil, failure("Run it again; `nix path-info -rs` shows what it says.", "nix did not say how large the system is")
		}
		closure[path] = size
	}
	return closure, nil
}

// lacks is what of a closure the store at /mnt has not got yet: a copy that was
// cut has brought some of it.
func (i *Installation) lacks(ctx context.Context, closure nixcmd.Closure) (nixcmd.Closure, error) {
	var b bytes.Buffer
	b.WriteString("while read -r p; do [ -e /mnt\"$p\" ] || printf 'nixfleet-install lacks\\t%s\\n' \"$p\"; done <<'paths'\n")
	for path := range closure {
		fmt.Fprintln(&b, path)
	}
	b.WriteString("paths\nprintf 'nixfleet-install end\\tok\\n'\n")
	out, err := i.script(ctx, b.Bytes())
	if err != nil {
		return nil, err
	}
	all, err := answers(out)
	lacks := nixcmd.Closure{}
	for _, a := range all {
		path := nixcmd.StorePath(a.value)
		if size, asked := closure[path]; asked {
			lacks[path] = size
		}
	}
	return lacks, err
}

// checkRoom says whether as much fits into what is free, or -1 when that is not known.
func checkRoom(size, free int64) error {
	if free < 0 || size+spare <= free {
		return nil
	}
	return failure("Mount a larger file system at /mnt (or /mnt/nix), or remove what is there.", "/mnt has %s free, and the system needs %s and some more",
		nixcmd.FormatBytes(free), nixcmd.FormatBytes(size))
}

// removeCopy removes from /mnt what we brought there. Nix itself refuses to
// remove what is in use.
func (i *Installation) removeCopy(ctx context.Context) (string, error) {
	if len(i.record.Copied) == 0 {
		return "nothing of ours", nil
	}
	script := fmt.Appendf(nil, "store=%s\nall='%s'\n%s", shellquote.Join(theirStore), strings.Join(i.record.Copied, "\n"), deleteScript)
	if _, err := i.script(ctx, script); err != nil {
		return "", err
	}
	i.record.Copied = nil
	return "removed from the store at /mnt", i.Records.write(i.record)
}
