package fleet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Dispatchers are the hosts of the fleet that send builds to b, by what is
// known of their nix.buildMachines and machines files, without the builder itself.
func (inv *Inventory) Dispatchers(b Builder) []string {
	var hosts []string
	for _, from := range b.From {
		host, ok := strings.CutPrefix(from, buildMachinesOf)
		if !ok {
			host, ok = strings.CutPrefix(from, machinesFileOf)
		}
		if _, known := inv.Host(host); ok && known && host != b.Host && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Ask checks the rungs that belong to the user that builds are sent as, from a
// host that sends builds: as its root, with root's key, as its own Nix would.
// The error is that the host cannot be asked, which says nothing of the builder.
func (c *Climber) Ask(ctx context.Context, b Builder, from string) (Ladder, error) {
	ctx, cancel := context.WithTimeout(ctx, vantageTimeout)
	defer cancel()
	link, err := c.Connect(ctx, from)
	if err != nil {
		return Ladder{}, named(ctx, from, err)
	}
	q := &question{Climber: c, b: b, from: from, link: link}
	if err := q.ready(ctx); err != nil {
		return Ladder{}, err
	}
	info, err := q.info(ctx)
	if err != nil {
		return Ladder{}, err
	}
	if info && c.Build != "" {
		if err := q.build(ctx); err != nil {
			return Ladder{}, err
		}
	}
	return Ladder{Builder: b, Steps: q.steps}, nil
}

// ThisMachineName is what the machine that we run on is called as a vantage.
const ThisMachineName = "this machine"

// question is what one host is asked about one builder.
type question struct {
	*Climber
	b     Builder
	from  string
	link  Link
	store string // the builder's, by the protocol that answers
	steps []Step
}

// run runs words as root there, with the person's agent if sudo may want it.
func (q *question) run(ctx context.Context, words ...string) (sshutil.Result, error) {
	target := q.link.Target()
	line := ""
	switch {
	case target.User == "root":
	case q.from == ThisMachineName:
		line = "sudo -n -- " // here there is a terminal that it would ask on
	default:
		line = "sudo -p '' -- "
	}
	for i, w := range words {
		if i > 0 {
			line += " "
		}
		line += shellWord(w)
	}
	result, err := q.link.Run(ctx, sshutil.Command{Line: line + " </dev/null", ForwardAgent: target.ForwardAgent && target.User != "root"})
	if err != nil {
		return result, named(ctx, q.from, err)
	}
	return result, nil
}

// ready sees whether the host lets us be its root at all.
func (q *question) ready(ctx context.Context) error {
	result, err := q.run(ctx, "true")
	if err == nil && result.ExitCode != 0 {
		where := "there"
		if q.from == ThisMachineName {
			where = "here"
		}
		err = &sshutil.Error{Kind: sshutil.KindExecFailed, Host: q.from, Message: "sudo does not work " + where + ": " + lastLine(result.Stderr),
			Hint: "its root's key is what builds are sent with, so it must be asked as root"}
	}
	return err
}

// notFound is a shell's exit status for a program that is not there.
const notFound = 127

// quietSSH keeps the ssh of the host's Nix from asking anybody anything.
const quietSSH = "NIX_SSHOPTS=-o BatchMode=yes -o ConnectTimeout=8"

func (q *question) nix(ctx context.Context, words ...string) (sshutil.Result, error) {
	return q.run(ctx, append([]string{"env", quietSSH, "nix", "--extra-experimental-features", "nix-command"}, words...)...)
}

// info asks the builder's store how it is: login and trust in one. It reports
// whether both are well. What ssh:// does not tell, the other protocol is asked
// first, if the login may speak it.
func (q *question) info(ctx context.Context) (bool, error) {
	began := q.Now()
	result, err := q.ask(ctx, storeURL(q.b, "ssh-ng"))
	if err == nil && result.ExitCode != 0 && q.b.Protocol == protocolSSH {
		result, err = q.ask(ctx, storeURL(q.b, protocolSSH))
	}
	if err == nil && result.ExitCode == notFound {
		err = &sshutil.Error{Kind: sshutil.KindExecFailed, Host: q.from, Message: "its root finds no nix: " + lastLine(result.Stderr)}
	}
	if err != nil {
		return false, err
	}
	login := Step{Rung: RungLogin, State: StepOK, From: q.from, Took: q.Now().Sub(began), At: q.Now(), Said: "as " + keep(q.b.SSHUser, "root")}
	if result.ExitCode != 0 {
		login.State, login.Said = StepBad, ""
		login.Reason = fmt.Sprintf("root on %s cannot log in: %s", q.from, keep(errorLine(result.Stderr), "nix says no more"))
		login.Hint = fmt.Sprintf("users.users.%s.openssh.authorizedKeys.keys = [ the public half of %s ]; on %s",
			keep(q.b.SSHUser, "root"), keep(q.b.SSHKey, "root's key"), q.b.Name)
		q.steps = append(q.steps, login)
		return false, nil
	}
	q.steps = append(q.steps, login)
	trust := trustStep(q.b, keep(q.b.SSHUser, "root"), trustIn(result.Stdout))
	trust.From, trust.At = q.from, q.Now()
	q.steps = append(q.steps, trust)
	return trust.State != StepBad, nil
}

// ask asks for what a store tells of itself.
func (q *question) ask(ctx context.Context, store string) (sshutil.Result, error) {
	q.store = store
	result, err := q.nix(ctx, "store", "info", "--json", "--store", store)
	if err == nil && result.ExitCode != 0 && strings.Contains(string(result.Stderr), "is not a recognised command") {
		return q.nix(ctx, "store", "ping", "--json", "--store", store) // up to 2.18, and Lix
	}
	return result, err
}

// trustIn reads what `nix store info --json` says of trust: a number up to Nix
// 2.26, later a truth; nothing where it is not known.
func trustIn(out []byte) nixcmd.Trust {
	var told struct {
		Trusted json.RawMessage `json:"trusted"`
	}
	if json.Unmarshal(out, &told) != nil {
		return nixcmd.TrustUnknown
	}
	switch string(told.Trusted) {
	case "1", "true":
		return nixcmd.Trusted
	case "0", "false":
		return nixcmd.NotTrusted
	}
	return nixcmd.TrustUnknown
}

// build has a tiny build run on the builder, sent from the host.
func (q *question) build(ctx context.Context) error {
	if len(q.b.Systems) == 0 {
		return nil
	}
	began := q.Now()
	result, err := q.nix(ctx, "build", "--impure", "--no-link", "--store", q.store,
		"--option", "substitute", "false", "--expr", tinyBuild(q.Build, strconv.Quote(q.b.Systems[0])))
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s := buildStep(q.b, result, err)
	s.From, s.Took, s.At = q.from, q.Now().Sub(began), q.Now()
	q.steps = append(q.steps, s)
	return nil
}

// storeURL names the builder's store as a machine that sends builds there
// would, key and pinned host key included.
func storeURL(b Builder, protocol string) string {
	host := keep(b.Address, b.Name)
	if b.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(b.Port))
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	u := url.URL{Scheme: protocol, Host: host}
	if b.SSHUser != "" {
		u.User = url.User(b.SSHUser)
	}
	parameters := url.Values{}
	if b.SSHKey != "" {
		parameters.Set("ssh-key", b.SSHKey)
	}
	if b.HostKey != "" {
		parameters.Set("base64-ssh-public-host-key", base64.StdEncoding.EncodeToString([]byte(b.HostKey+"\n")))
	}
	u.RawQuery = strings.ReplaceAll(parameters.Encode(), "+", "%20") // Nix takes a plus for a plus
	return u.String()
}

// Told is the health with what a host that sends builds told: it logs in there
// as builds do, so what it found counts, but for a builder that does not answer
// us either.
func (h BuilderHealth) Told(l Ladder) BuilderHealth {
	bad, found := l.first(StepBad)
	login, in := l.Step(RungLogin)
	switch {
	case h.Health == HealthDown:
	case found:
		h.Health, h.Reason, h.Hint = HealthIll, bad.Reason, bad.Hint
	case h.Health == HealthUnknown && in && login.State == StepOK:
		h.Health, h.Reason, h.Hint = HealthOK, "", ""
	}
	return h
}
