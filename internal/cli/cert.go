package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

type certOptions struct {
	*Program
	Source *sourceFlags
	JSON   bool
}

func newCertCmd(p *Program, src *sourceFlags, run func(context.Context, *certOptions) error) *cobra.Command {
	o := &certOptions{Program: p, Source: src}
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Show the SSH certificates in your agent, or sign one",
		Long: `Shows every SSH certificate that your agent holds: whom it is for, how long it is
still valid, who signed it, what it permits, and whether its key wants a touch.
Certificates that only lie in ~/.ssh are shown too: logging in finds them, and
sudo by pam_ussh on a host does not.`,
		Example: "  nixfleet-tui cert\n  nixfleet-tui cert --json\n  nixfleet-tui cert sign\n  nixfleet-tui cert sign --on kelyus --validity +1h",
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON document")
	cmd.AddCommand(newCertSignCmd(p, src, runCertSign))
	return cmd
}

func runCert(ctx context.Context, o *certOptions) error {
	ctx, stop := o.interruptible(ctx)
	defer stop()
	all := o.certificates(ctx, o.knownAuthority())
	if o.JSON {
		return writeJSON(o.IO.Out, all.document(o.Env.Now()))
	}
	all.write(o.IO, o.World.Self(), o.Env.Now())
	return nil
}

// knownAuthority is the fleet's, as far as the last start knew it: nobody
// should have to wait for Nix to see what the agent holds.
func (o *certOptions) knownAuthority() *fleet.CA {
	l, err := o.known(o.Source)
	if err != nil || l == nil {
		return nil // then nobody is called the fleet's authority
	}
	return l.inv.CA
}

// certificates are what the agent holds, and what lies on disk only.
type certificates struct {
	agent     sshutil.SudoAgent
	held      []sshutil.Certificate
	onDisk    []sshutil.Certificate
	authority string // fingerprint of the fleet's, or ""
}

func (p *Program) certificates(ctx context.Context, ca *fleet.CA) certificates {
	c := certificates{agent: p.World.Agent(ctx), authority: fingerprintOf(ca)}
	c.held = sshutil.Certificates(c.agent.Keys)
	for _, cert := range c.agent.OnDisk {
		inAgent, key := cert.Holds(c.agent.Keys)
		if !inAgent {
			cert.KeyHeld = key
			c.onDisk = append(c.onDisk, cert)
		}
	}
	return c
}

// fingerprintOf is the authority's, or "" if there is none.
func fingerprintOf(ca *fleet.CA) string {
	if ca == nil {
		return ""
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(ca.PublicKey))
	if err != nil {
		return "" // fleet.nix was read strictly; this one is left out
	}
	return ssh.FingerprintSHA256(key)
}

// trouble is why there may be no certificates, with a hint; "" if all is well.
func (c certificates) trouble(self string) (message, hint string) {
	switch {
	case c.agent.Absent != "":
		return c.agent.Absent, "Start one: eval $(ssh-agent)."
	case c.agent.Err != nil:
		f := explain(c.agent.Err)
		return f.Message, f.Hint
	case !sshutil.HoldsCertificates(c.agent.Program):
		return c.agent.Program + " is your agent, and cannot hold certificates", "Start OpenSSH's ssh-agent and set SSH_AUTH_SOCK to it."
	case len(c.held) == 0:
		return "your agent holds no certificate", "Sign one: " + self + " cert sign."
	}
	return "", ""
}

func (c certificates) write(s *IO, self string, now time.Time) {
	if message, hint := c.trouble(self); message != "" {
		fmt.Fprintf(s.Out, "%s\n  hint: %s\n", text.Line(sentence(message)), text.Line(hint))
	}
	for _, cert := range append(c.held, c.onDisk...) {
		c.writeOne(s.Out, s, cert, now)
	}
}

// writeOne tells all of one certificate.
func (c certificates) writeOne(w io.Writer, s *IO, cert sshutil.Certificate, now time.Time) {
	m, left := validity(cert, now)
	name := cert.KeyID
	if name == "" {
		name = "(no name)"
	}
	fmt.Fprintf(w, "%s  %s  %s\n", s.paint(m.ink, m.text(s.ASCII)), text.Line(name), left)
	row := func(label, value string) {
		if value != "" {
			fmt.Fprintf(w, "    %-11s %s\n", label, text.Line(value))
		}
	}
	row("principals", strings.Join(cert.Principals, ", "))
	authority := cert.Authority
	if authority == c.authority {
		authority += " (the fleet's authority)"
	}
	row("signed by", authority)
	row("key", cert.Kind+" "+cert.Key+keyWords(cert))
	if cert.File != "" {
		row("lies in", cert.File+": the agent does not have it, and sudo by pam_ussh looks nowhere else")
	}
	row("permits", strings.Join(cert.Extensions, ", "))
	for _, option := range cert.Critical {
		row("only with", strings.TrimSuffix(option.Name+" "+option.Value, " "))
	}
	if cert.ForHosts {
		row("note", "it proves a host, not a person")
	}
}

func keyWords(cert sshutil.Certificate) string {
	var all []string
	if cert.File == "" {
		all = append(all, "in the agent")
	} else if cert.KeyHeld {
		all = append(all, "in the agent without the certificate")
	}
	if cert.Touch {
		all = append(all, "wants a touch")
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// validity is how a certificate stands, and how long it will.
func validity(c sshutil.Certificate, now time.Time) (mark, string) {
	const moment = "2006-01-02 15:04"
	until := "until " + c.Until.Local().Format(moment)
	switch {
	case now.Before(c.From):
		return mark{"◌", ".", "not valid yet", warn}, "from " + c.From.Local().Format(moment)
	case c.Until.IsZero():
		return mark{"●", "+", "valid", good}, "for ever"
	case !now.Before(c.Until):
		return mark{"✗", "x", "expired", bad}, "at " + c.Until.Local().Format(moment)
	case c.Until.Sub(now) < fleet.LapseSoon:
		return mark{"▲", "!", "lapses", warn}, "in " + leftWords(c.Until.Sub(now)) + ", " + until
	}
	return mark{"●", "+", "valid", good}, "for " + leftWords(c.Until.Sub(now)) + ", " + until
}

// leftWords is a countdown: "3h12m", "59s".
func leftWords(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// certJSON is the document of `cert --json`.
type certJSON struct {
	Version      int               `json:"version"`
	Agent        certAgentJSON     `json:"agent"`
	Certificates []certificateJSON `json:"certificates"`
}

type certAgentJSON struct {
	Program           *string `json:"program"` // null: not known
	HoldsCertificates bool    `json:"holdsCertificates"`
	Error             string  `json:"error"`
}

type certificateJSON struct {
	KeyID           string            `json:"keyId"`
	Serial          uint64            `json:"serial"`
	Type            string            `json:"type"` // user, host
	Principals      []string          `json:"principals"`
	State           string            `json:"state"`      // valid, expired, future
	ValidAfter      *time.Time        `json:"validAfter"` // null: always
	ValidBefore     *time.Time        `json:"validBefore"`
	SecondsLeft     *int64            `json:"secondsLeft"` // null: for ever
	Authority       string            `json:"authority"`   // its fingerprint
	FleetAuthority  *bool             `json:"fleetAuthority"`
	Key             string            `json:"key"`
	KeyKind         string            `json:"keyKind"`
	Extensions      []string          `json:"extensions"`
	CriticalOptions map[string]string `json:"criticalOptions"`
	Touch           bool              `json:"touch"`
	KeyHeld         bool              `json:"keyHeld"`
	InAgent         bool              `json:"inAgent"`
	File            *string           `json:"file"`
	Comment         string            `json:"comment"`
}

func (c certificates) document(now time.Time) certJSON {
	doc := certJSON{Version: documentVersion, Certificates: []certificateJSON{}}
	doc.Agent = certAgentJSON{HoldsCertificates: sshutil.HoldsCertificates(c.agent.Program), Error: text.Line(c.agent.Absent)}
	if c.agent.Program != "" {
		doc.Agent.Program = &c.agent.Program
	}
	if c.agent.Err != nil {
		doc.Agent.Error = explain(c.agent.Err).Message
	}
	for _, cert := range append(c.held, c.onDisk...) {
		doc.Certificates = append(doc.Certificates, c.one(cert, now))
	}
	return doc
}

func (c certificates) one(cert sshutil.Certificate, now time.Time) certificateJSON {
	j := certificateJSON{
		KeyID: cert.KeyID, Serial: cert.Serial, Type: "user", Principals: append([]string{}, cert.Principals...), State: "valid", Authority: cert.Authority,
		Key: cert.Key, KeyKind: cert.Kind, Extensions: append([]string{}, cert.Extensions...), CriticalOptions: map[string]string{}, Touch: cert.Touch,
		KeyHeld: cert.KeyHeld, InAgent: cert.File == "", Comment: cert.Comment,
	}
	for _, o := range cert.Critical {
		j.CriticalOptions[o.Name] = o.Value
	}
	if cert.ForHosts {
		j.Type = "host"
	}
	if c.authority != "" {
		ours := cert.Authority == c.authority
		j.FleetAuthority = &ours
	}
	if cert.File != "" {
		j.File = &cert.File
	}
	if !cert.From.IsZero() {
		j.ValidAfter = &cert.From
	}
	if !cert.Until.IsZero() {
		left := max(0, int64(cert.Until.Sub(now)/time.Second))
		j.ValidBefore, j.SecondsLeft = &cert.Until, &left
	}
	switch {
	case now.Before(cert.From):
		j.State = "future"
	case !cert.Valid(now):
		j.State = "expired"
	}
	return j
}
