package cli

import (
	"context"

	"golang.org/x/sync/errgroup"

	"nixfleet-tui/fleet"
	"nixfleet-tui/sshutil"
)

// checkSudo foretells whether sudo will work on the hosts that were asked for.
// It asks neither sudo nor anybody.
func (o *doctorOptions) checkSudo(ctx context.Context) []finding {
	const check = "sudo"
	if o.On == "" {
		return nil
	}
	l, err := o.load(ctx, o.Source)
	if err != nil {
		return failed(check, healthFail, err)
	}
	sel, err := fleet.ParseSelection(o.On)
	if err != nil {
		return failed(check, healthFail, err)
	}
	if sel.NeedsStatus() {
		return failed(check, healthFail, usage("Name them, or use tags: --on web1,@db.", "hosts to look at cannot be chosen by how they are just now"))
	}
	names, err := l.pick(ctx, sel, nil)
	if err != nil {
		return failed(check, healthFail, err)
	}
	pool, done, err := o.pool(ctx, l)
	if err != nil {
		return failed(check, healthFail, err)
	}
	agent := o.World.Agent(ctx)
	found := make([][]finding, len(names))
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for i, name := range names {
		group.Go(func() error {
			found[i] = o.sudoOn(ctx, l, pool, name, agent)
			return nil
		})
	}
	err = group.Wait()
	var all []finding
	for _, f := range found {
		all = append(all, f...)
	}
	for _, err := range []error{err, done()} {
		if err != nil {
			all = append(all, failed(check, healthWarn, err)...)
		}
	}
	return all
}

// sudoOn foretells for one host.
func (o *doctorOptions) sudoOn(ctx context.Context, l *loaded, pool *sshutil.Pool, name string, agent sshutil.SudoAgent) []finding {
	check := "sudo on " + name
	h, _ := l.inv.Host(name)
	f, err := o.foretellOn(ctx, pool, h, func() sshutil.SudoAgent { return agent })
	if err != nil {
		return failed(check, healthWarn, err)
	}
	all := []finding{{check, sudoHealth(f.Outlook), f.Reason, f.Hint}}
	for _, risk := range f.Risks {
		all = append(all, finding{check, healthFail, risk.Message, risk.Hint})
	}
	return all
}

// sudoHealth is how well it is that sudo will do so.
func sudoHealth(o sshutil.SudoOutlook) health {
	switch o {
	case sshutil.SudoWillWork:
		return healthOK
	case sshutil.SudoWillFail:
		return healthFail
	}
	return healthWarn
}
