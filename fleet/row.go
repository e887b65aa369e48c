package fleet

// Row is one host with all that is known of it: what a line of a table shows
// and what a selection looks at.
type Row struct {
	Host    Host
	Facts   Facts
	Status  Status
	History History      // of what it runs, to the flake's revision
	Builds  bool         // it is a builder, by whatever source
	Sudo    SudoForecast // what was foretold of sudo there
}

// Rows puts together what is known of each host, in the inventory's order.
// history says how a host's revision stands to the flake's; nil knows nothing.
func Rows(inv *Inventory, facts map[string]Facts, statuses map[string]Status, history func(revision string) History) []Row {
	rows := make([]Row, 0, len(inv.Hosts))
	for _, h := range inv.Hosts {
		row := Row{Host: h, Facts: facts[h.Name], Status: statuses[h.Name]}
		_, row.Builds = inv.builderOf(h.Name)
		if rev := row.Status.Reading.Revision; history != nil && rev != "" {
			row.History = history(rev)
		}
		rows = append(rows, row)
	}
	return rows
}

// System is the host's, by the flake, by its own word where the flake is silent, or by fleet.nix.
func (r Row) System() string {
	return keep(keep(r.Facts.System, r.Status.Reading.System), r.Host.System)
}

// Drift is how what the host runs stands to what the flake wants. While the
// facts are stale it is measured by what the flake wanted then.
func (r Row) Drift() Drift {
	return Judge(r.Status.Reading, r.Facts.Wanted, r.History)
}

// Reboot says whether the host is known to need one.
func (r Row) Reboot() bool {
	return r.Status.Reading.Reboot != nil && *r.Status.Reading.Reboot
}

// subject is the row as a selection looks at it.
func (r Row) subject() Subject {
	return Subject{
		Host: r.Host, System: r.System(), State: orUnknown(r.Status.State),
		Drift: r.Drift(), Reboot: r.Reboot(), Builds: r.Builds,
	}
}

// Subjects are all rows as a selection looks at them.
func Subjects(rows []Row) []Subject {
	subjects := make([]Subject, len(rows))
	for i, r := range rows {
		subjects[i] = r.subject()
	}
	return subjects
}
