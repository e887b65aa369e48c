package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// shake speaks with the builder's Nix: handshake, trust and store. Builds are
// sent to one that is listed as ssh:// by another protocol than the daemon's,
// which its login may be forced to: it is spoken first, and what it does not
// tell the daemon is asked.
func (k *climb) shake(ctx context.Context) bool {
	if k.b.Protocol != protocolSSH {
		return k.shakeDaemon(ctx)
	}
	serve, store := k.serve(ctx)
	if serve.State != StepOK {
		return k.add(serve)
	}
	below := len(k.steps)
	if k.shakeDaemon(ctx) {
		return true
	}
	if bad := k.steps[len(k.steps)-1]; bad.Rung != RungHandshake || store.State == StepBad {
		return false
	}
	k.steps = k.steps[:below] // by the protocol that counts its store answers
	return k.add(serve) && k.add(k.untold()) && k.add(store)
}

// protocolSSH is the protocol of builders that are listed as ssh://.
const protocolSSH = "ssh"

// speak runs what speaks a protocol there, bounded in time, until talk returns.
func (k *climb) speak(ctx context.Context, line string, talk func(ctx context.Context, rw io.ReadWriter, began time.Time)) error {
	ctx, cancel := context.WithTimeout(ctx, rungTimeout)
	defer cancel()
	began := k.Now()
	stream, err := k.link.Stream(ctx, line)
	if err == nil {
		end := sync.OnceFunc(func() { stream.Close() }) // how its server ends is of no interest
		defer end()
		unlink := context.AfterFunc(ctx, end) // nothing else ends a read from a silent one
		defer unlink()
		talk(ctx, stream, began)
	}
	return err
}

// shakeDaemon speaks the daemon's own protocol.
func (k *climb) shakeDaemon(ctx context.Context) (well bool) {
	err := k.speak(ctx, "nix-daemon --stdio", func(ctx context.Context, rw io.ReadWriter, began time.Time) {
		connection, err := nixcmd.Connect(rw)
		if err != nil {
			well = k.add(k.noDaemon(ctx, err, k.Now().Sub(began)))
			return
		}
		d := connection.Daemon
		k.add(Step{Rung: RungHandshake, State: StepOK, Took: k.Now().Sub(began),
			Said: fmt.Sprintf("Nix %s, protocol %s", keep(d.Version, "of an unknown version"), versionWords(d.Protocol))})
		well = k.add(k.trust(d.Trust)) && k.add(k.store(ctx, connection.IsValidPath))
	})
	if err != nil {
		return k.add(k.noDaemon(ctx, err, 0))
	}
	return well
}

// serve speaks the protocol of ssh://, and asks the store by it.
func (k *climb) serve(ctx context.Context) (shaken, store Step) {
	err := k.speak(ctx, "nix-store --serve --write", func(ctx context.Context, rw io.ReadWriter, began time.Time) {
		connection, err := nixcmd.ConnectServe(rw)
		if err != nil {
			shaken = k.noDaemon(ctx, err, k.Now().Sub(began))
			return
		}
		shaken = Step{Rung: RungHandshake, State: StepOK, Took: k.Now().Sub(began), Said: "the protocol of ssh://, " + versionWords(connection.Protocol)}
		store = k.store(ctx, connection.HasPath)
	})
	if err != nil {
		shaken = k.noDaemon(ctx, err, 0)
	}
	return shaken, store
}

func versionWords(protocol uint64) string { return fmt.Sprintf("%d.%d", protocol>>8, protocol&0xff) }

// untold is the trust of a builder that speaks the protocol of ssh:// alone.
func (k *climb) untold() Step {
	if !k.ours() {
		return k.foreign(RungTrust)
	}
	return Step{Rung: RungTrust, State: StepUnknown, Reason: "the protocol of ssh:// does not tell whom it trusts, and it speaks no other with " + k.sender(),
		Hint: "Set `protocol = \"ssh-ng\";` for it in " + listedIn(k.b)}
}

// noDaemon tells why the handshake failed.
func (k *climb) noDaemon(ctx context.Context, err error, took time.Duration) Step {
	s := Step{Rung: RungHandshake, State: StepBad, Reason: err.Error(), Took: took,
		Hint: "On " + k.b.Name + ", run `systemctl restart nix-daemon.socket nix-daemon.service`"}
	var refused *sshutil.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		s.Reason = "its Nix began to answer and then said nothing for " + rungTimeout.String()
	case ctx.Err() != nil:
		s.State, s.Reason, s.Hint = StepUnknown, "it was not asked to the end", ""
	case errors.As(err, &refused):
		s.State, s.Reason, s.Hint = StepUnknown, refused.Message, refused.Hint
	case errors.Is(err, nixcmd.ErrNotNix):
		s.Hint = "let the login shell of " + k.link.Target().User + " print nothing when it is not interactive"
	case errors.Is(err, nixcmd.ErrTooOld):
		s.State, s.Hint = StepUnknown, "" // other than ours, and perhaps not than that of who sends builds
	}
	return s
}

func (k *climb) trust(t nixcmd.Trust) Step {
	if !k.ours() {
		return k.foreign(RungTrust)
	}
	return trustStep(k.b, k.sender(), t)
}

// trustStep judges whether a builder trusts the user that builds are sent as.
func trustStep(b Builder, user string, t nixcmd.Trust) Step {
	s := Step{Rung: RungTrust, State: StepOK, Said: user + " is trusted"}
	switch t {
	case nixcmd.TrustUnknown:
		s.State, s.Said, s.Reason = StepUnknown, "", "its Nix does not say whom it trusts"
	case nixcmd.NotTrusted:
		s.State, s.Said, s.Reason = StepBad, "", "its Nix does not trust "+user+": it takes no builds and no unsigned paths from it"
		s.Hint = fmt.Sprintf("nix.settings.trusted-users = [ %q ]; on %s", user, b.Name)
	}
	return s
}

// store asks for a path that must be there: the system that runs.
func (k *climb) store(ctx context.Context, has func(path string) (bool, error)) Step {
	s := Step{Rung: RungStore, State: StepOK}
	path := keep(k.found.reading.Current, k.found.reading.Profile)
	if path == "" {
		s.State, s.Reason = StepUnknown, "there is no running system to ask its store for"
		return s
	}
	began := k.Now()
	valid, err := has(path)
	s.Took = k.Now().Sub(began)
	switch {
	case err != nil && ctx.Err() != nil:
		s.State, s.Reason, s.Hint = StepBad, "its store did not answer in time", "journalctl -u nix-daemon, on "+k.b.Name
	case err != nil:
		s.State, s.Reason, s.Hint = StepBad, err.Error(), "journalctl -u nix-daemon, on "+k.b.Name
	case !valid:
		s.State, s.Reason, s.Hint = StepBad, "its store does not know the system that runs there", "sudo nix-store --verify --check-contents, on "+k.b.Name
	}
	return s
}
