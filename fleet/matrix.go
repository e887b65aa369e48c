package fleet

import "slices"

// Matrix says which systems can be built where right now: a row for each
// system, a place in it for each builder.
type Matrix struct {
	Builders []string // their names, in the order of the rows' places
	Rows     []MatrixRow
}

// MatrixRow is one system.
type MatrixRow struct {
	System string
	Needed []string // the hosts whose systems are built on it
	Places []Place
	Slots  int     // builds at a time, on builders that may be sent some
	Speed  float64 // the best of theirs; 0 when there is none
	Nobody bool    // some host needs it, and neither a builder nor that host builds it
}

// Place is what one builder gives a system. Slots is 0 where it does not build it.
type Place struct {
	Slots  int
	Speed  float64
	Health Health
}

// open says whether builds may be sent there. What is not known to be ill may
// well build.
func (p Place) open() bool {
	return p.Slots > 0 && p.Health != HealthIll && p.Health != HealthDown
}

// NewMatrix puts the hosts' needs and the builders together.
func NewMatrix(hosts []Row, builders []BuilderHealth) Matrix {
	m := Matrix{}
	needed, alone := map[string][]string{}, map[string]bool{}
	var systems []string
	note := func(system string) {
		if system != "" && !slices.Contains(systems, system) {
			systems = append(systems, system)
		}
	}
	for _, b := range builders {
		m.Builders = append(m.Builders, b.Builder.Name)
		for _, system := range b.Builder.Systems {
			note(system)
		}
	}
	for _, h := range hosts {
		system := keep(h.Facts.BuildSystem, h.System())
		note(system)
		if system != "" {
			needed[system] = append(needed[system], h.Host.Name)
			alone[h.Host.Name] = h.Host.BuildOn == "target" && h.Status.State == StateUp
		}
	}
	slices.Sort(systems)
	for _, system := range systems {
		row := MatrixRow{System: system, Needed: needed[system]}
		for _, b := range builders {
			row.add(b)
		}
		row.Nobody = row.Slots == 0 && slices.ContainsFunc(row.Needed, func(host string) bool { return !alone[host] })
		m.Rows = append(m.Rows, row)
	}
	return m
}

func (r *MatrixRow) add(b BuilderHealth) {
	place := Place{Health: b.Health}
	if slices.Contains(b.Builder.Systems, r.System) {
		place.Slots, place.Speed = max(1, b.Builder.MaxJobs), b.Builder.SpeedFactor
	}
	r.Places = append(r.Places, place)
	if place.open() {
		r.Slots += place.Slots
		r.Speed = max(r.Speed, place.Speed)
	}
}
