package fleet

import (
	"fmt"
	"strings"
	"testing"

	"nixfleet-tui/nixcmd"
)

func TestMatrix(t *testing.T) {
	host := func(name, system, buildOn string, state State) Row {
		return Row{Host: Host{Name: name, System: system, BuildOn: buildOn}, Status: Status{State: state}}
	}
	cross := host("cross", "armv7l-linux", "local", StateUp)
	cross.Facts = Facts{HostFacts: nixcmd.HostFacts{BuildSystem: "x86_64-linux"}}
	builder := func(name string, health Health, jobs int, speed float64, systems ...string) BuilderHealth {
		return BuilderHealth{Builder: Builder{Name: name, Systems: systems, MaxJobs: jobs, SpeedFactor: speed}, Health: health}
	}
	m := NewMatrix([]Row{
		host("h1", "x86_64-linux", "local", StateUp), cross, host("h5", "aarch64-linux", "target", StateDown),
		host("r1", "riscv64-linux", "target", StateUp), host("new", "", "target", StateUnknown),
	}, []BuilderHealth{
		builder("fast", HealthOK, 4, 10, "x86_64-linux", "i686-linux"), builder("grey", HealthUnknown, 8, 2.5, "x86_64-linux"),
		builder("gone", HealthDown, 16, 20, "aarch64-linux", "x86_64-linux"), builder("ill", HealthIll, 1, 1, "aarch64-linux"),
	})
	var got []string
	for _, r := range m.Rows {
		got = append(got, fmt.Sprintf("%s %s %d×%g %v %d", r.System, strings.Join(r.Needed, "+"), r.Slots, r.Speed, r.Nobody, len(r.Places)))
	}
	want := "aarch64-linux h5 0×0 true 4\ni686-linux  4×10 false 4\nriscv64-linux r1 0×0 false 4\nx86_64-linux h1+cross 12×10 false 4"
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("got\n%s", g)
	}
	if p := m.Rows[3].Places[2]; p.Slots != 16 || p.open() {
		t.Errorf("gone has %+v", p)
	}
	if g := strings.Join(m.Builders, " "); g != "fast grey gone ill" {
		t.Errorf("got %s", g)
	}
}
