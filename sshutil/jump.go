package sshutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// hopResolver is a Resolver that knows how ssh starts itself for a jump host:
// with the same configuration file, but without the other options.
type hopResolver interface {
	resolveHop(ctx context.Context, hop string, before []string) (Target, error)
}

// resolveHop resolves one host of a ProxyJump. before are the hosts that are
// jumped over to reach it; if there are none, its own configuration may name some.
func (d *Dialer) resolveHop(ctx context.Context, hop string, before []string) (Target, error) {
	if r, ok := d.shared().resolver.(hopResolver); ok {
		return r.resolveHop(ctx, hop, before)
	}
	user, host, port, err := splitHop(hop)
	if err != nil {
		return Target{}, newError(KindConfigBad, hop, err.Error(), "correct ProxyJump in the ssh configuration", err)
	}
	t, err := d.shared().resolver.Resolve(ctx, host)
	if err != nil {
		return t, asError(hop, err)
	}
	if user != "" {
		t.User = user
	}
	if port != 0 {
		t.Port = port
	}
	if len(before) > 0 {
		t.ProxyJump, t.ProxyCommand = before, ""
	}
	return t, nil
}

// resolveHop implements hopResolver.
func (o *OpenSSH) resolveHop(ctx context.Context, hop string, before []string) (Target, error) {
	user, host, port, err := splitHop(hop)
	if err != nil {
		return Target{}, newError(KindConfigBad, hop, err.Error(), "correct ProxyJump in the ssh configuration", err)
	}
	var args []string
	if user != "" {
		args = append(args, "-l", user)
	}
	if port != 0 {
		args = append(args, "-p", strconv.Itoa(port))
	}
	if len(before) > 0 {
		args = append(args, "-J", strings.Join(before, ","))
	}
	return o.resolve(ctx, host, append(args, configOption(o.Options)...))
}

// splitHop takes apart user@host:port, where host may be [::1].
func splitHop(hop string) (user, host string, port int, err error) {
	user, host, found := cutLast(strings.TrimPrefix(hop, "ssh://"), "@")
	if !found {
		user, host = "", user
	}
	if bare, p, err := net.SplitHostPort(host); err == nil {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return "", "", 0, fmt.Errorf("the jump host %s has no port that is one", hop)
		}
		host = bare
	}
	host = strings.Trim(host, "[]")
	if err := errors.Join(checkName(host), checkUser(user)); err != nil {
		return "", "", 0, err
	}
	return user, host, port, nil
}

// route is the way to a target: the hosts that are jumped over, first hop first.
type route struct {
	hops   []Target
	target Target
}

// plan finds the way to t. A jump host's own jumps count; one that is on the
// way twice, or too many, are a mistake in the configuration.
func (d *Dialer) plan(ctx context.Context, t Target) (route, error) {
	r := route{target: t}
	seen := map[string]bool{}
	for at := t; len(at.ProxyJump) > 0; {
		last := len(at.ProxyJump) - 1
		hop := at.ProxyJump[last]
		next, err := d.resolveHop(ctx, hop, at.ProxyJump[:last])
		if err != nil {
			return r, jumpError(t, hop, err)
		}
		next.Name = hop
		// Two names may well lead over one machine; the same name with the same
		// way to it never ends.
		switch key := strings.Join(at.ProxyJump[:last], ",") + " " + hop; {
		case seen[key]:
			err = fmt.Errorf("the way to %s leads over %s itself", hop, hop)
		case len(r.hops) == jumpsMax:
			err = fmt.Errorf("the way leads over more than %d jump hosts", jumpsMax)
		default:
			seen[key] = true
		}
		if err != nil {
			return r, newError(KindConfigBad, t.Name, err.Error(), "correct ProxyJump in the ssh configuration: a jump host often needs ProxyJump none", err)
		}
		r.hops = append([]Target{next}, r.hops...)
		at = next
	}
	return r, nil
}

// all is everything on the way, in order.
func (r route) all() []Target { return append(slices.Clip(r.hops), r.target) }

// via is the way in words.
func (r route) via() string {
	switch {
	case len(r.hops) == 0 && r.target.ProxyCommand != "":
		return "proxycommand"
	case len(r.hops) == 0:
		return "direct"
	}
	names := make([]string, len(r.hops))
	for i, hop := range r.hops {
		names[i] = hop.Name
	}
	return "jump " + strings.Join(names, "→")
}

// before is the way to the last jump host.
func (r route) before() route {
	last := len(r.hops) - 1
	return route{hops: r.hops[:last], target: r.hops[last]}
}

// key names the way, so that all who take it share its connections.
func (r route) key() string {
	var parts []string
	for _, t := range r.all() {
		parts = append(parts, t.User+"@"+address(t)+" "+t.HostKeyAlias+" "+t.ProxyCommand)
	}
	return strings.Join(parts, "\n")
}

// jumpError says that a jump host is what is wrong.
func jumpError(t Target, hop string, err error) *Error {
	var told *Error
	if !errors.As(err, &told) {
		told = newError(KindJump, hop, err.Error(), "", err)
	}
	switch told.Kind {
	case KindCanceled, KindJump:
		return newError(told.Kind, t.Name, told.Message, told.Hint, err)
	}
	return newError(KindJump, t.Name, "the jump host "+hop+" fails: "+told.Message, told.Hint, err)
}
