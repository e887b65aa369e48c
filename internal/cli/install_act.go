package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"golang.org/x/crypto/ssh"

	"nixfleet-tui/fleet"
	"nixfleet-tui/install"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// installWith goes through the flow with what this world has.
func (o *installOptions) installWith(ctx context.Context, records install.Records) error {
	nix, err := o.World.Nix(false)
	if err != nil {
		return err
	}
	evaluator, ok := nix.(install.Nix)
	if !ok || o.World.Tools().ssh == "" {
		return &Failure{Message: "the demo's fleet has no machine to install on", Hint: "In your own flake, `nixfleet-tui install HOST --target root@ADDRESS` does."}
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	if l.inv.Flake.URL == "" {
		return usage("Start in a flake, or name one with --flake.", "only a host of a flake can be installed, and this inventory has none")
	}
	if o.waits != nil {
		i := o.installation(ctx, l, evaluator, nil)
		i.Records = records
		return i.Await(ctx, *o.waits, o.arrival(l, records.Dir, o.waits.Keys))
	}
	options, err := o.installerOptions(records.Dir)
	if err != nil {
		return err
	}
	dialer, err := o.World.Dialer(ctx, options)
	if err != nil {
		return err
	}
	if err := o.isFree(ctx, l, dialer); err != nil {
		return err
	}
	client, err := o.dialInstaller(ctx, dialer)
	if err != nil {
		return err
	}
	i := o.installation(ctx, l, evaluator, options)
	i.Target, i.Records = client, records
	if o.Undo {
		err = i.Undo(ctx)
	} else if err = i.Run(ctx); err == nil {
		o.conclude(i)
		if _, keys := i.Outcome(); o.Reboot {
			err = i.Reboot(ctx, o.arrival(l, records.Dir, keys))
		}
	}
	return errors.Join(o.handOver(err, l), client.Close())
}

func (o *installOptions) installation(ctx context.Context, l *loaded, nix install.Nix, options []string) *install.Installation {
	ref := l.inv.Flake.LockedURL
	if ref == "" {
		ref = l.inv.Flake.URL
	}
	return &install.Installation{
		Plan: install.Plan{Host: o.Host, Target: o.Target, Address: o.address, Flake: ref, Hardware: o.Hardware, Keys: o.ownKeys(ctx), Insist: o.Insist, Rekeyed: o.Rekeyed},
		Nix:  nix,
		Local: install.Local{Nix: pathOf("nix"), Dir: o.Env.Dir,
			Env: append(os.Environ(), "NIX_SSHOPTS="+shellquote.Join(options...)+" -o BatchMode=yes -o ControlPath=none", "GIT_TERMINAL_PROMPT=0")},
		Now: o.Env.Now, Say: o.tellInstall, Ask: o.askInstall,
	}
}

// installerOptions are the words by which ssh reaches the installer as root.
// Its key is a passing one, so it is kept in a file of its own.
func (o *installOptions) installerOptions(dir string) ([]string, error) {
	includes, options, err := o.World.Personal()
	if err != nil {
		return nil, err
	}
	usual, err := sshutil.Config{Includes: includes}.Render()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, url.PathEscape(o.Host))
	head := fmt.Sprintf("Match all\n\tUser root\n\tUserKnownHostsFile \"%s\" ~/.ssh/known_hosts ~/.ssh/known_hosts2\n", strings.ReplaceAll(name, "%", "%%")+".known_hosts")
	if o.port != 0 {
		head += fmt.Sprintf("\tPort %d\n", o.port)
	}
	config := name + ".ssh_config"
	return append(slices.Clone(options), "-F", config), writeIfChanged(config, append([]byte(head), usual...))
}

// arrival reaches the new host where fleet.nix has it, or else where its
// installer was, with no other keys than its own.
func (o *installOptions) arrival(l *loaded, dir string, keys []install.HostKey) install.Arrival {
	return func(ctx context.Context) (sshutil.Runner, error) {
		includes, options, err := o.World.Personal()
		if err != nil {
			return nil, err
		}
		block := sshutil.ConfigHost{Name: o.Host, HostName: o.address, User: "root", Port: o.port}
		if h, ok := l.inv.Host(o.Host); ok {
			block.HostName, block.User = cmp.Or(h.Address, block.HostName), cmp.Or(h.User, block.User)
			block.Port = cmp.Or(h.Port, block.Port)
		}
		content, err := sshutil.Config{Hosts: []sshutil.ConfigHost{block}, Includes: includes}.Render()
		if err != nil {
			return nil, err
		}
		name := filepath.Join(dir, url.PathEscape(o.Host)) + ".new"
		known := strings.Join(install.KnownHosts(o.Host, o.Host, 0, keys), "\n") + "\n"
		head := fmt.Sprintf("Match all\n\tHostKeyAlias %s\n\tUserKnownHostsFile \"%s\"\n\tGlobalKnownHostsFile none\n", o.Host, strings.ReplaceAll(name, "%", "%%")+".known_hosts")
		if err := errors.Join(writeIfChanged(name+".known_hosts", []byte(known)), writeIfChanged(name+".ssh_config", append([]byte(head), content...))); err != nil {
			return nil, err
		}
		dialer, err := o.World.Dialer(ctx, append(slices.Clone(options), "-F", name+".ssh_config"))
		if err != nil {
			return nil, err
		}
		client, err := dialer.Dial(ctx, o.Host)
		if err != nil {
			return nil, err // not a nil *Client in a Runner
		}
		return client, nil
	}
}

// isFree refuses an address at which another host of the fleet is.
func (o *installOptions) isFree(ctx context.Context, l *loaded, dialer *sshutil.Dialer) error {
	target, err := dialer.Resolver.Resolve(ctx, o.address)
	if err != nil {
		return err
	}
	if err := o.rewriteSSH(l); err != nil {
		return err
	}
	_, options, err := o.World.Personal()
	if err != nil {
		return err
	}
	fleetwide, err := o.World.Dialer(ctx, append(slices.Clone(options), "-F", filepath.Join(o.World.CacheDir(), "ssh", sshConfigName(l.inv.Source))))
	if err != nil {
		return err
	}
	var taken []string
	for _, h := range l.inv.Hosts {
		if h.Name == o.Host {
			continue
		}
		t, err := fleetwide.Resolver.Resolve(ctx, h.Name)
		if h.Name == o.address || err == nil && t.HostName == target.HostName && t.Port == target.Port { // a name that cannot be resolved is nobody's address
			taken = append(taken, h.Name)
		}
	}
	if len(taken) > 0 {
		return &Failure{Message: fmt.Sprintf("%s is the address of %s, a host of this fleet", text.Line(o.address), strings.Join(taken, ", ")),
			Hint: "Give the address of the new machine's installer; to deploy to " + taken[0] + ", use `" + o.World.Self() + " switch --on " + taken[0] + "`."}
	}
	return nil
}

// dialInstaller connects; at a terminal OpenSSH asks about a key that is not
// known yet.
func (o *installOptions) dialInstaller(ctx context.Context, dialer *sshutil.Dialer) (*sshutil.Client, error) {
	client, err := dialer.DialTouch(ctx, o.address)
	var unknown *sshutil.Error
	if !errors.As(err, &unknown) || unknown.Kind != sshutil.KindHostKeyUnknown {
		return client, err
	}
	if !o.IO.CanAsk() {
		return nil, &Failure{Message: unknown.Error(), Err: err,
			Hint: "Run it on a terminal to compare the installer's fingerprint (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console) and accept it."}
	}
	words := dialer.AcceptKey(o.address)
	ask := exec.CommandContext(ctx, words[0], words[1:]...)
	ask.Stdin, ask.Stdout, ask.Stderr = o.IO.In, o.IO.Out, o.IO.Err
	if err := ask.Run(); err != nil {
		return nil, &Failure{Message: "the installer's host key was not accepted", Hint: "Compare it on the machine's console, and run this again.", Err: err}
	}
	return dialer.DialTouch(ctx, o.address)
}

// ownKeys are the person's public keys, in the agent and in ~/.ssh.
func (o *installOptions) ownKeys(ctx context.Context) []string {
	var all []string
	for _, k := range o.World.Agent(ctx).Keys {
		if k.Public != nil {
			all = append(all, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.Public))))
		}
	}
	files, err := filepath.Glob(filepath.Join(o.Env.Home, ".ssh", "id_*.pub"))
	if err != nil {
		return all // the pattern is ours and well-formed
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if words := strings.Fields(string(content)); err == nil && len(words) >= 2 {
			all = append(all, words[0]+" "+words[1])
		}
	}
	return all
}

// conclude says what the fleet has to learn of its new host.
func (o *installOptions) conclude(i *install.Installation) {
	system, keys := i.Outcome()
	fmt.Fprintf(o.IO.Out, "\n%s is installed.\n", text.Line(o.Host))
	if !o.Reboot {
		fmt.Fprintln(o.IO.Out, "Reboot the machine into it (`reboot` there, without the installer's medium).")
	}
	fmt.Fprintf(o.IO.Out, "\nFor fleet.nix (its address may be another one by then):\n\n  %s\n", strings.ReplaceAll(install.Entry(o.Host, o.address, system, keys), "\n", "\n  "))
	fmt.Fprintf(o.IO.Out, "\nFor ~/.ssh/known_hosts:\n\n")
	for _, line := range install.KnownHosts(o.Host, o.address, o.port, keys) {
		fmt.Fprintf(o.IO.Out, "  %s\n", line)
	}
}

// handOver adds to an error in the first steps that nixos-anywhere, where it is
// here, does what this command never does.
func (o *installOptions) handOver(err error, l *loaded) error {
	var told *install.Error
	if !errors.Is(err, install.ErrUnprepared) || !errors.As(err, &told) || pathOf("nixos-anywhere") == "" {
		return err
	}
	f := explainInstall(err)
	f.Err = err
	f.Hint = stopped(f.Hint) + " Or, to have the flake's disko ERASE and partition the disks: `" +
		shellquote.Join(install.Anywhere(l.inv.Flake.URL, o.Host, o.address, o.port, o.Hardware)...) + "`"
	return f
}

var (
	_ fleet.Evaluator = (*nixcmd.Nix)(nil)
	_ install.Nix     = (*nixcmd.Nix)(nil)
)
