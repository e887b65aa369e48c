package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// defaultValidity is that of a certificate when neither the person nor
// fleet.nix says another: from a little earlier, as clocks differ, for a day's work.
const defaultValidity = "-5m:+10h"

type certSignOptions struct {
	*Program
	Source   *sourceFlags
	On       string
	Key      string
	Validity string
}

func newCertSignCmd(p *Program, src *sourceFlags, run func(context.Context, *certSignOptions) error) *cobra.Command {
	o := &certSignOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Sign a certificate with the fleet's authority, and load it into your agent",
		Long: `Has ssh-keygen sign a certificate with the authority that fleet.nix names (ca), on
your terminal: PIN and touch are between you and OpenSSH. It is for the principals
of ca.principals and the login users of the selected hosts; with exactly one host
selected they hold there only ("sudoer@host" instead of "sudoer"). Then it is loaded
into your agent until it lapses, and looked for there. Nothing is written beside
your key.`,
		Example: "  nixfleet-tui cert sign\n  nixfleet-tui cert sign --on kelyus --validity -5m:+1h\n  nixfleet-tui cert sign --key ~/.ssh/id_ed25519.pub",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	p.onFlag(cmd, src, &o.On, "make it for the hosts of `SEL` (default: all)")
	cmd.Flags().StringVar(&o.Key, "key", "", "the public key `FILE` to sign (default: the first of ~/.ssh/id_*.pub)")
	cmd.Flags().StringVar(&o.Validity, "validity", "", "`FROM:TO` as ssh-keygen takes it, such as -5m:+20h (default: fleet.nix's)")
	return cmd
}

func runCertSign(ctx context.Context, o *certSignOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return err
	}
	s, err := o.signing(ctx, l)
	if err != nil {
		return err
	}
	if err := o.canHold(ctx); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "nixfleet-cert-")
	if err != nil {
		return err
	}
	return errors.Join(o.sign(ctx, s, dir), os.RemoveAll(dir))
}

// signing is what is to be signed.
func (o *certSignOptions) signing(ctx context.Context, l *loaded) (sshutil.Signing, error) {
	var s sshutil.Signing
	ca := l.inv.CA
	switch {
	case ca == nil || ca.Key == "":
		return s, &Failure{Message: "fleet.nix names no authority to sign with", Hint: `Add ca = { key = "./path/to/ca"; publicKey = "…"; principals = [ "sudoer" ]; }; to it.`}
	case !filepath.IsAbs(l.inv.Source.File):
		return s, &Failure{Message: "the demo's authority has no key, so nothing can be signed with it", Hint: "In your own fleet, `cert sign` asks ssh-keygen to sign."}
	}
	var err error
	if s.Authority, err = o.file(ca.Key, filepath.Dir(l.inv.Source.File)); err != nil {
		return s, &Failure{Message: "the authority's key cannot be read: " + err.Error(), Hint: "Correct ca.key in " + l.inv.Source.File + "; it is relative to that file.", Err: err}
	}
	if s.PublicKey, err = o.publicKey(); err != nil {
		return s, err
	}
	hosts, err := o.hosts(ctx, l)
	if err != nil {
		return s, err
	}
	one := ""
	if len(hosts) == 1 {
		one = hosts[0].Name
	}
	s.Principals = sshutil.SigningPrincipals(ca.Principals, o.users(ctx, hosts), one)
	s.Identity = o.Env.User + "@" + o.Env.Hostname
	s.Validity = defaultValidity
	for _, v := range []string{o.Validity, ca.Validity} {
		if v != "" {
			s.Validity = v
			break
		}
	}
	return s, nil
}

// file is a path as people write them, relative to a directory, that must be there.
func (o *certSignOptions) file(path, dir string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(o.Env.Home, rest)
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	_, err := os.Stat(path)
	return path, err
}

// publicKey is the file of the key that is to be signed.
func (o *certSignOptions) publicKey() (string, error) {
	if o.Key != "" {
		path, err := o.file(o.Key, o.Env.Dir)
		if err != nil {
			return "", usage("Give the file of a public key, such as ~/.ssh/id_ed25519.pub.", "the key to sign cannot be read: %s", err)
		}
		if !strings.HasSuffix(path, ".pub") {
			return "", usage("Give the public half: "+o.Key+".pub.", "%s does not look like the file of a public key", o.Key)
		}
		return path, nil
	}
	for _, name := range []string{"id_ed25519_sk", "id_ed25519", "id_ecdsa_sk", "id_ecdsa", "id_rsa"} {
		if path, err := o.file("~/.ssh/"+name+".pub", ""); err == nil {
			return path, nil
		}
	}
	return "", &Failure{Message: "there is no key in ~/.ssh to sign a certificate for", Hint: "Name one with --key FILE.pub, or make one with ssh-keygen."}
}

// hosts are those that the certificate is for.
func (o *certSignOptions) hosts(ctx context.Context, l *loaded) ([]fleet.Host, error) {
	if o.On == "" {
		return slices.DeleteFunc(slices.Clone(l.inv.Hosts), func(h fleet.Host) bool { return h.Hidden }), nil
	}
	sel, err := fleet.ParseSelection(o.On)
	if err != nil {
		return nil, err
	}
	if sel.NeedsStatus() {
		return nil, usage("Name them, or use tags: --on web1,@db.", "hosts to sign for cannot be chosen by how they are just now")
	}
	names, err := l.pick(ctx, sel, nil)
	if err != nil {
		return nil, err
	}
	var hosts []fleet.Host
	for _, name := range names {
		h, _ := l.inv.Host(name)
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// users are whom we log in as on the hosts: as fleet.nix says, else as ssh would.
func (o *certSignOptions) users(ctx context.Context, hosts []fleet.Host) []string {
	var users []string
	for _, h := range hosts {
		user := h.User
		if user == "" {
			user = o.Env.User
			if d, err := o.World.Dialer(ctx, nil); err == nil && d.Resolver != nil {
				if t, err := d.Resolver.Resolve(ctx, h.Name); err == nil && t.User != "" {
					user = t.User
				}
			}
		}
		if !slices.Contains(users, user) {
			users = append(users, user)
		}
	}
	return users
}

// canHold refuses before a touch is spent what could not be loaded.
func (o *certSignOptions) canHold(ctx context.Context) error {
	c := o.certificates(ctx, nil)
	if message, hint := c.trouble(o.World.Self()); message != "" && (len(c.held) > 0 || c.agent.Absent != "" || c.agent.Err != nil || !sshutil.HoldsCertificates(c.agent.Program)) {
		return &Failure{Message: "there is no agent to load a certificate into: " + message, Hint: hint}
	}
	return nil
}

// sign makes the certificate in dir, where nothing of the person's lies, loads
// it, and looks for it in the agent.
func (o *certSignOptions) sign(ctx context.Context, s sshutil.Signing, dir string) error {
	private := strings.TrimSuffix(s.PublicKey, ".pub")
	own := filepath.Join(dir, filepath.Base(private))
	public, err := os.ReadFile(s.PublicKey)
	if err != nil {
		return err
	}
	if err := os.WriteFile(own+".pub", public, 0o600); err != nil {
		return err
	}
	s.PublicKey = own + ".pub"
	fmt.Fprintf(o.IO.Err, "signing for %s, valid %s, with %s\n", text.Line(strings.Join(s.Principals, ", ")), text.Line(s.Validity), text.Line(s.Authority))
	if err := o.onTerminal(ctx, s.Command("ssh-keygen")); err != nil {
		return &Failure{Message: "ssh-keygen signed nothing: " + err.Error(), Hint: "What it said stands above; the authority is " + s.Authority + ".", Err: err}
	}
	cert, is := sshutil.ReadCertificate(own + "-cert.pub")
	if !is {
		return &Failure{Message: "ssh-keygen left no certificate", Hint: "Try it by hand: " + strings.Join(s.Command("ssh-keygen"), " ")}
	}
	if _, err := os.Stat(private); errors.Is(err, fs.ErrNotExist) {
		return &Failure{Message: "the private key is not there, and ssh-add needs it to load the certificate: " + private, Hint: "Sign another key with --key."}
	}
	if err := os.Symlink(private, own); err != nil {
		return err
	}
	return o.loadInto(ctx, cert, own)
}

// loadInto loads the certificate with its key until it lapses.
func (o *certSignOptions) loadInto(ctx context.Context, cert sshutil.Certificate, key string) error {
	before := o.World.Agent(ctx)
	_, held := cert.Holds(before.Keys)
	words := []string{"ssh-add"}
	if held && o.onlyCertificates(ctx) {
		words = append(words, "-C") // the key that is there stays as long as it would
		held = false
	}
	if !cert.Until.IsZero() {
		left := int(cert.Until.Sub(o.Env.Now()) / time.Second)
		if left <= 0 {
			return &Failure{Message: "the certificate has lapsed already", Hint: "Give another --validity, such as -5m:+20h."}
		}
		words = append(words, "-t", strconv.Itoa(left))
	}
	if err := o.onTerminal(ctx, append(words, key)); err != nil {
		return &Failure{Message: "ssh-add could not load the certificate: " + err.Error(), Hint: "What it said stands above.", Err: err}
	}
	after := o.World.Agent(ctx)
	if is, _ := cert.Holds(after.Keys); !is {
		return &Failure{Message: "the agent took the certificate and does not show it", Hint: "An agent that cannot hold certificates does that (gpg-agent, some keyrings); use OpenSSH's ssh-agent."}
	}
	m, left := validity(cert, o.Env.Now())
	fmt.Fprintf(o.IO.Out, "%s  %s  %s\n", o.IO.paint(m.ink, m.text(o.IO.ASCII)), text.Line(cert.KeyID), left)
	fmt.Fprintf(o.IO.Out, "    principals  %s\n    it is in the agent, and nowhere else; no file was changed\n", text.Line(strings.Join(cert.Principals, ", ")))
	if held && !cert.Until.IsZero() {
		fmt.Fprintln(o.IO.Out, "    its key was in the agent already, and leaves it when the certificate does: this ssh-add cannot load one alone")
	}
	return nil
}

// onlyCertificates says whether ssh-add can load a certificate without its key.
func (o *certSignOptions) onlyCertificates(ctx context.Context) bool {
	out, _ := exec.CommandContext(ctx, "ssh-add", "-?").CombinedOutput() // its usage, with a failure
	return bytes.Contains(out, []byte("[-C"))
}

// onTerminal runs a program on the person's terminal.
func (o *certSignOptions) onTerminal(ctx context.Context, words []string) error {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.IO.In, o.IO.Err, o.IO.Err
	return cmd.Run()
}
