package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
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
	if !ok {
		return &Failure{Message: "nothing can be installed in this world", Hint: "In your own flake, `nixfleet-tui install HOST --target root@ADDRESS` does."}
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	if l.inv.Flake.URL == "" {
		return usage("Start in a flake, or name one with --flake.", "only a host of a flake can be installed, and this inventory has none")
	}
	options, err := o.installerOptions(records.Dir, l)
	if err != nil {
		return err
	}
	i := o.installation(ctx, l, evaluator, options)
	i.Records, i.Arrive = records, o.arrival(l, records.Dir)
	places := &buildPlaces{installOptions: o, loaded: l}
	i.Place = places.choose
	if !o.arrives {
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
		defer client.Close() // all that it was asked was answered
		i.Target = client
	}
	if o.Undo {
		err = i.Undo(ctx, o.Step)
	} else {
		err = i.Run(ctx)
	}
	return errors.Join(err, places.close())
}

func (o *installOptions) installation(ctx context.Context, l *loaded, nix install.Nix, options []string) *install.Installation {
	ref := cmp.Or(l.inv.Flake.LockedURL, l.inv.Flake.URL)
	plan := install.Plan{Host: o.Host, Target: o.Target, Address: o.address, Port: o.port, URL: l.inv.Flake.URL, Flake: ref, Hardware: o.Hardware,
		Keys: o.ownKeys(ctx), Insist: o.Insist, Rekeyed: o.Rekeyed, Anywhere: pathOf("nixos-anywhere")}
	if !o.Undo {
		plan.Again = o.Step
	}
	if file := l.inv.Source.File; file == "" || filepath.IsAbs(file) { // the demo's is no path, and nothing of the person's is written there
		plan.Fleet, plan.KnownHosts = file, filepath.Join(o.Env.Home, ".ssh", "known_hosts")
	}
	return &install.Installation{
		Plan: plan, Nix: nix, Now: o.Env.Now, Say: o.tell, Ask: o.ask,
		Local: install.Local{Nix: o.World.Tools().nix, Dir: o.Env.Dir,
			Env: append(os.Environ(), "NIX_SSHOPTS="+shellquote.Join(options...)+" -o BatchMode=yes -o ControlPath=none", "GIT_TERMINAL_PROMPT=0")},
	}
}

// installerOptions are the words by which ssh reaches the installer as root,
// and the fleet's machines as ever. The installer's key is a passing one, so it
// is kept in a file of its own.
func (o *installOptions) installerOptions(dir string, l *loaded) ([]string, error) {
	includes, options, err := o.World.Personal()
	if err != nil {
		return nil, err
	}
	usual, err := sshutil.Config{Hosts: l.inv.SSHHosts(), Includes: includes}.Render()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, url.PathEscape(o.Host))
	head := fmt.Sprintf("Host %s\n\tUser root\n\tUserKnownHostsFile \"%s\" ~/.ssh/known_hosts ~/.ssh/known_hosts2\n", o.address, strings.ReplaceAll(name, "%", "%%")+".known_hosts")
	if o.port != 0 {
		head += fmt.Sprintf("\tPort %d\n", o.port)
	}
	config := name + ".ssh_config"
	return append(slices.Clone(options), "-F", config), writeIfChanged(config, append([]byte(head), usual...))
}

// arrival reaches the new host where fleet.nix has it, or else where its
// installer was, with no other keys than its own.
func (o *installOptions) arrival(l *loaded, dir string) install.Arrival {
	return func(ctx context.Context, keys []install.HostKey) (sshutil.Runner, error) {
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

// dialInstaller connects; where a person can, they judge a key that is not
// known yet.
func (o *installOptions) dialInstaller(ctx context.Context, dialer *sshutil.Dialer) (*sshutil.Client, error) {
	client, err := dialer.DialTouch(ctx, o.address)
	var unknown *sshutil.Error
	if !errors.As(err, &unknown) || unknown.Kind != sshutil.KindHostKeyUnknown {
		return client, err
	}
	if o.accept == nil {
		return nil, &Failure{Message: unknown.Error(), Err: err,
			Hint: "Run it on a terminal to compare the installer's fingerprint (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console) and accept it."}
	}
	if err := o.accept(ctx, dialer.AcceptKey(o.address)); err != nil {
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

var (
	_ fleet.Evaluator = (*nixcmd.Nix)(nil)
	_ install.Nix     = (*nixcmd.Nix)(nil)
)
