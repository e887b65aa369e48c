package cli

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// ask runs a program of this machine and returns the first line that it prints.
func ask(ctx context.Context, dir, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil {
		return line, fmt.Errorf("%s: %w", program, err)
	}
	return line, nil
}

func (o *doctorOptions) checkNix(ctx context.Context) []finding {
	if _, err := o.World.Nix(false); err != nil {
		return failed("nix", healthFail, err)
	}
	version, err := ask(ctx, "", "nix", "--version")
	if err != nil {
		return failed("nix", healthFail, err)
	}
	return found("nix", healthOK, "", "%s", version)
}

func (o *doctorOptions) checkRebuild(ctx context.Context) []finding {
	words, dialect, err := o.World.Rebuild(ctx)
	if err != nil {
		return failed("nixos-rebuild", healthFail, err)
	}
	kind := "nixos-rebuild-ng, in Python"
	if dialect.Kind == nixcmd.KindBash {
		kind = "the shell script of NixOS up to 25.05"
	}
	return found("nixos-rebuild", healthOK, "", "%s (%s)", strings.Join(words, " "), kind)
}

func (o *doctorOptions) checkSSH(ctx context.Context) []finding {
	if err := o.World.NeedSSH(); err != nil {
		return failed("ssh", healthFail, err)
	}
	version, err := ask(ctx, "", "ssh", "-V")
	if err != nil {
		return failed("ssh", healthFail, err)
	}
	if _, _, err := o.World.Personal(); err != nil {
		return failed("ssh", healthFail, err)
	}
	return found("ssh", healthOK, "", "%s", version)
}

// checkAgent names what the agent holds; no key leaves it.
func (o *doctorOptions) checkAgent(ctx context.Context) []finding {
	const check = "ssh agent"
	socket := o.Env.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return found(check, healthWarn, "Start one with `eval $(ssh-agent)` if your keys have passphrases, or if sudo on the hosts asks the agent", "there is none: SSH_AUTH_SOCK is not set")
	}
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return found(check, healthFail, "Start it again, or unset SSH_AUTH_SOCK", "it does not answer at %s", socket)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return failed(check, healthFail, err)
		}
	}
	keys, err := agent.NewClient(conn).List()
	if err != nil {
		return found(check, healthFail, "Start it again, or unset SSH_AUTH_SOCK", "it does not answer: %s", err)
	}
	if len(keys) == 0 {
		return found(check, healthWarn, "Add a key with `ssh-add`", "it holds no keys")
	}
	var names []string
	for _, k := range keys {
		names = append(names, keyName(k))
	}
	return found(check, healthOK, "", "%s: %s", count(len(keys), "key"), strings.Join(names, ", "))
}

// keyName is a key's comment, and what kind of key it is.
func keyName(k *agent.Key) string {
	name := k.Comment
	if name == "" {
		name = "a key without a name"
	}
	kind := k.Type()
	if pub, err := ssh.ParsePublicKey(k.Blob); err == nil {
		if cert, ok := pub.(*ssh.Certificate); ok {
			kind = "certificate " + cert.KeyId + " for " + strings.Join(cert.ValidPrincipals, "+")
		}
	}
	return text.Line(name + " (" + kind + ")")
}

func (o *doctorOptions) checkFleet(ctx context.Context) []finding {
	const check = "fleet"
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return failed(check, healthFail, err)
	}
	if err := l.someHost(); err != nil {
		return failed(check, healthWarn, err)
	}
	all := found(check, healthOK, "", "%s and %s in %s", count(len(l.inv.Hosts), "host"), count(len(l.inv.Builders), "builder"), sourceWords(l))
	for _, w := range l.inv.Warnings {
		all = append(all, finding{check, healthWarn, text.Line(w), ""})
	}
	if l.inv.Source.Flake != "" {
		all = append(all, o.checkTree(ctx, l.inv.Flake)...)
	}
	return all
}

func sourceWords(l *loaded) string {
	var parts []string
	for _, s := range []string{l.inv.Source.Flake, l.inv.Source.File} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " and ")
}

// checkTree looks at the flake's working tree, if it is one of git's.
func (o *doctorOptions) checkTree(ctx context.Context, m nixcmd.FlakeMetadata) []finding {
	const check = "tree"
	all := found(check, healthOK, "", "clean, at %s", short(m.Revision))
	if m.Dirty() {
		all = found(check, healthWarn, "Commit the changes, so that hosts can tell what they run", "it has uncommitted changes")
	}
	if paths := untracked(ctx, m.Dir); len(paths) > 0 {
		all = append(all, found(check, healthWarn, "Add those that the flake needs with `git add`", "Nix does not see %s that git does not track, such as %s", count(len(paths), "file"), paths[0])...)
	}
	return all
}

func short(revision string) string {
	if revision == "" {
		return "no revision"
	}
	return revision[:min(12, len(revision))]
}

// checkState looks at the state directory, its space, the runs in it, and what
// is kept for it from garbage collection.
func (o *doctorOptions) checkState(ctx context.Context) []finding {
	const check = "state"
	store, err := openStore(o.World)
	if err != nil {
		return failed(check, healthFail, err)
	}
	free, err := freeSpace(store.Dir)
	if err != nil {
		return failed(check, healthFail, err)
	}
	all := found(check, healthOK, "", "%s can be written, %s free", store.Dir, byteWords(free))
	if free < lowSpace {
		all = found(check, healthWarn, "Logs of builds can be large: free some space, or set XDG_STATE_HOME to another disk", "only %s free in %s", byteWords(free), store.Dir)
	}
	views, err := store.List()
	if err != nil {
		return append(all, failed("runs", healthFail, err)...)
	}
	all = append(all, o.checkRuns(views)...)
	roots, err := store.Roots()
	if err != nil {
		return append(all, failed("roots", healthWarn, err)...)
	}
	for _, r := range roots {
		all = append(all, found("roots", healthOK, "", "%s is kept on %s for %s, at %s", r.Path, r.Where, r.Host, r.Link)...)
	}
	return all
}

// byteWords is a size as people say it.
func byteWords(n uint64) string {
	const unit = 1 << 10
	size, names := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for size >= unit && i < len(names)-1 {
		size /= unit
		i++
	}
	return fmt.Sprintf("%.1f %s", size, names[i])
}
