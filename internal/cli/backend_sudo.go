package cli

import (
	"context"
	"os/exec"
	"reflect"
	"sync"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/internal/demo"
	"nixfleet-tui/sshutil"
	"nixfleet-tui/ui"
)

// foresight keeps what is needed to foretell sudo on all hosts, and foretells
// it anew when the agent holds something else.
type foresight struct {
	*Program
	news *ui.Mailbox
	now  chan struct{} // the agent is to be asked now
	slot chan struct{} // as many as may be asked at once

	mu      sync.Mutex
	agent   sshutil.SudoAgent
	asked   bool // of the agent
	shown   fleet.Keys
	surveys map[string]hostMeans
}

// hostMeans is how sudo lets people through on one host.
type hostMeans struct {
	survey    fleet.Survey
	forwarded bool // the agent goes along there
	current   string
	at        time.Time // when it was asked, or is being asked
	told      sshutil.SudoForecast
}

func newForesight(p *Program, news *ui.Mailbox) *foresight {
	return &foresight{Program: p, news: news, now: make(chan struct{}, 1), slot: make(chan struct{}, meansAtOnce), surveys: map[string]hostMeans{}}
}

// watchKeys asks the agent now and again, until ctx ends.
func (f *foresight) watchKeys(ctx context.Context, inventory func() *loaded) {
	tick := time.NewTicker(keysEvery)
	defer tick.Stop()
	for {
		f.readKeys(ctx, inventory())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.now:
		}
	}
}

func (f *foresight) readKeys(ctx context.Context, l *loaded) {
	var ca *fleet.CA
	if l != nil {
		ca = l.inv.CA
	}
	c := f.certificates(ctx, ca)
	keys := fleet.Keys{Certificates: c.held, OnDisk: c.onDisk, Authority: c.authority}
	keys.Trouble, keys.Hint = c.trouble(f.World.Self())
	f.mu.Lock()
	f.agent = c.agent
	fresh := !f.asked || !reflect.DeepEqual(keys, f.shown)
	f.asked, f.shown = true, keys
	f.mu.Unlock()
	if fresh {
		f.news.Post(ui.KeysRead{Keys: keys})
	}
	f.foretellAll()
}

// foretellAll foretells anew; time alone can change a forecast.
func (f *foresight) foretellAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for host := range f.surveys {
		f.foretell(host)
	}
}

// foretell posts the forecast for one host. The lock is held.
func (f *foresight) foretell(host string) {
	m := f.surveys[host]
	if !f.asked || m.survey.Means == nil {
		return
	}
	c := f.forecast(host, m.survey, f.agent, m.forwarded)
	if reflect.DeepEqual(c, m.told) {
		return
	}
	m.told = c
	f.surveys[host] = m
	f.news.Post(ui.SudoForeseen{Host: host, Forecast: c})
}

// heard asks a host that has answered how sudo lets people through there, if
// that is not known or may be another now. It returns at once.
func (f *foresight) heard(ctx context.Context, crew *ui.Crew, pool *sshutil.Pool, l *loaded, host string, s fleet.Status) {
	h, ours := l.inv.Host(host)
	now := f.Env.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.surveys[host]
	if !ours || !h.Sudo || s.State != fleet.StateUp || m.current == s.Reading.Current && now.Sub(m.at) < meansEvery && !m.at.IsZero() {
		return
	}
	m.current, m.at = s.Reading.Current, now
	f.surveys[host] = m
	crew.Go(func() { f.ask(ctx, pool, h) })
}

// ask reads one host. What cannot be read stays as it was: that the host does
// not answer is told elsewhere.
func (f *foresight) ask(ctx context.Context, pool *sshutil.Pool, h fleet.Host) {
	select {
	case f.slot <- struct{}{}:
		defer func() { <-f.slot }()
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	client, err := pool.Client(ctx, h.Name)
	if err != nil {
		return
	}
	survey, err := fleet.ReadSurvey(ctx, client, fleet.Questions{Means: true}, f.Env.Now)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.surveys[h.Name]
	m.survey, m.forwarded = survey, h.ForwardAgent || client.Target().ForwardAgent
	f.surveys[h.Name] = m
	f.foretell(h.Name)
}

// ReadKeys implements ui.Backend.
func (b *backend) ReadKeys() { ring(b.foresight.now) }

// SignCertificate implements ui.Backend: `cert sign` in this fleet, by this
// program.
func (b *backend) SignCertificate(host string) (*exec.Cmd, error) {
	l := b.inventory()
	if l == nil {
		return nil, noInventoryYet()
	}
	self, err := demo.Program()
	if err != nil {
		return nil, asFleetError(err)
	}
	words := []string{self}
	if b.World == b.Demo {
		words = append(words, demoCommand)
	}
	words = append(words, "cert", "sign")
	for flag, value := range map[string]string{"--flake": b.source.Flake, "--fleet": b.source.File, "--on": host} {
		if value != "" {
			words = append(words, flag+"="+value)
		}
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = b.Env.Dir
	return cmd, nil
}
