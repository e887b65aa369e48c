package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// Link is a connection to a builder over which commands run and a protocol can
// be spoken; *sshutil.Client is one. A climber never closes it.
type Link interface {
	sshutil.Runner
	streaming
	HostKey() string
	Target() sshutil.Target
}

// PoolLinks lets a Climber use the connections of a pool.
func PoolLinks(pool *sshutil.Pool) func(ctx context.Context, name string) (Link, error) {
	return func(ctx context.Context, name string) (Link, error) {
		client, err := pool.Client(ctx, name)
		if err != nil {
			return nil, err // not a nil *Client in a Link
		}
		return client, nil
	}
}

// Climber climbs the ladders of builders, over one connection for each.
type Climber struct {
	Connect func(ctx context.Context, name string) (Link, error)
	Now     func() time.Time
	Build   string // a word that no other build has, to have a tiny build run too; "" for none
	Climbed func() // a ladder has been climbed by ClimbAll; or nil
}

// Climb checks one builder as ourselves, rung by rung, up to the first that is
// bad. What belongs to the user that builds are sent as is left unchecked where
// we are somebody else.
func (c *Climber) Climb(ctx context.Context, b Builder) Ladder {
	k := &climb{Climber: c, b: b}
	for _, rung := range []func(context.Context) bool{k.reach, k.look, k.shake, k.judge, k.build} {
		if !rung(ctx) {
			break
		}
	}
	l := Ladder{Builder: b, Steps: k.steps}
	if k.found.complete {
		l.Busy, l.Load = &k.found.reading.Builds, &k.found.reading.Load[0]
	}
	return l
}

// ClimbAll climbs the ladders of all builders at the same time.
func (c *Climber) ClimbAll(ctx context.Context, builders []Builder) []Ladder {
	all := make([]Ladder, len(builders))
	slots := make(chan struct{}, defaultLimit)
	var climbing sync.WaitGroup
	for i, b := range builders {
		climbing.Go(func() {
			slots <- struct{}{}
			all[i] = c.Climb(ctx, b)
			<-slots
			if c.Climbed != nil {
				c.Climbed()
			}
		})
	}
	climbing.Wait()
	return all
}

// climb is one climb. Its rungs report whether the next one makes sense.
type climb struct {
	*Climber
	b     Builder
	link  Link
	found capacity
	steps []Step
}

func (k *climb) add(s Step) bool {
	if s.At.IsZero() {
		s.At = k.Now()
	}
	s.Said, s.Reason, s.Hint = text.Line(s.Said), text.Line(s.Reason), text.Line(s.Hint)
	k.steps = append(k.steps, s)
	return s.State != StepBad
}

// rest leaves the rungs from r on unchecked.
func (k *climb) rest(r Rung, reason, hint string) bool {
	above := false
	for _, rung := range ladderRungs() {
		if above = above || rung == r; above && (rung != RungBuild || k.Build != "") {
			k.add(Step{Rung: rung, State: StepUnchecked, Reason: reason, Hint: hint})
		}
	}
	return false
}

// reach connects, which is the first three rungs in one.
func (k *climb) reach(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	began := k.Now()
	link, err := k.Connect(ctx, keep(k.b.Host, k.b.Name))
	took := k.Now().Sub(began)
	if err != nil {
		return k.unreached(sshError(named(ctx, k.b.Name, err)), took)
	}
	k.link = link
	k.add(Step{Rung: RungConnect, State: StepOK, Took: took})
	return k.add(k.hostKey()) && k.login(took)
}

// unreached tells how far a connection came that was not made.
func (k *climb) unreached(e *sshutil.Error, took time.Duration) bool {
	bad := Step{Rung: RungConnect, State: StepBad, Reason: e.Message, Hint: e.Hint, Took: took}
	connected := Step{Rung: RungConnect, State: StepOK, Took: took}
	switch stateOf(e.Kind) {
	case StateHostKey:
		k.add(connected)
		bad.Rung = RungHostKey
		if e.Kind == sshutil.KindHostKeyUnknown {
			bad = k.pinned(e, bad)
		}
		if k.add(bad) {
			k.rest(RungLogin, "we do not connect to a host whose key is not known", "")
		}
		return false
	case StateAuth, StateUp:
		k.add(connected)
		k.add(Step{Rung: RungHostKey, State: StepOK})
		return k.rest(RungLogin, "not checked from here: we may not log in ("+e.Message+")", e.Hint)
	case StateUnknown:
		bad.State = StepUnknown
	}
	return k.add(bad) && k.rest(RungHostKey, "it was not asked", "")
}

// pinned is the rung of a host key that we do not know: the machine that sends
// builds may, by what the builder is listed with.
func (k *climb) pinned(e *sshutil.Error, s Step) Step {
	s.State = StepUnknown
	var shown *sshutil.HostKeyError
	listed := strings.Fields(k.b.HostKey)
	if len(listed) < 2 || !errors.As(e, &shown) || shown.Type != listed[0] {
		return s
	}
	if blob, err := base64.StdEncoding.DecodeString(listed[1]); err == nil {
		sum := sha256.Sum256(blob)
		if shown.Fingerprint == "SHA256:"+base64.RawStdEncoding.EncodeToString(sum[:]) {
			s.Reason += "; it is the one that the builder is listed with"
		} else {
			s.State, s.Reason = StepBad, "its host key, "+shown.Fingerprint+", is not the one that it is listed with"
			s.Hint = "find out which machine answers there; the key is listed in " + listedIn(k.b)
		}
	}
	return s
}

// hostKey compares the key that the builder showed with the one that it is
// listed with. That it is a known one at all, ssh has seen to.
func (k *climb) hostKey() Step {
	s := Step{Rung: RungHostKey, State: StepOK}
	shown, pinned := strings.Fields(k.link.HostKey()), strings.Fields(k.b.HostKey)
	switch {
	case len(pinned) < 2:
		s.Said = "as in known_hosts; none is listed"
	case len(shown) < 2:
		s.Said = "as in known_hosts"
	case shown[0] != pinned[0]:
		s.State, s.Reason = StepUnknown, "it showed a key of type "+shown[0]+", and a "+pinned[0]+" is listed"
	case shown[1] != pinned[1]:
		s.State, s.Reason = StepBad, "its host key is not the one that it is listed with"
		s.Hint = fmt.Sprintf("hostKey = %q; in %s, if that machine is the right one", strings.Join(shown[:2], " "), listedIn(k.b))
	default:
		s.Said = "as listed"
	}
	return s
}

// sender is the user that builds are sent as: Nix connects as root, who by
// default logs in under that name.
func (k *climb) sender() string { return keep(k.b.SSHUser, "root") }

// ours says whether we are that user there.
func (k *climb) ours() bool { return k.link.Target().User == k.sender() }

func (k *climb) login(took time.Duration) bool {
	if !k.ours() {
		return k.add(k.foreign(RungLogin))
	}
	return k.add(Step{Rung: RungLogin, State: StepOK, Said: "as " + k.sender(), Took: took})
}

// foreign is a rung that belongs to another user than we are.
func (k *climb) foreign(r Rung) Step {
	return Step{Rung: r, State: StepUnchecked,
		Reason: fmt.Sprintf("not checked from here: builds are sent as %s, and we are %s there", k.sender(), k.link.Target().User),
		Hint:   "`nixfleet-tui builders --check` asks a host that sends builds"}
}

// look reads what the builder is. What it does not tell is unknown, not bad.
func (k *climb) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*rungTimeout)
	defer cancel()
	began := k.Now()
	result, err := k.link.Run(ctx, sshutil.Command{Line: scriptCommand, Stdin: fastAnd(ladderScript), MaxOutput: maxReadingOutput})
	if err == nil {
		k.found, err = parseCapacity(result.Stdout, k.Now())
	}
	k.found.took = k.Now().Sub(began)
	return ctx.Err() == nil || err == nil
}

func (k *climb) judge(context.Context) bool {
	return k.add(k.found.declared(k.b)) && k.add(k.found.disk(k.b))
}
