package fleet

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func lines(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("NF1\t" + pairs[i] + "\t" + pairs[i+1] + "\n")
	}
	return b.String()
}

func parse(t *testing.T, out string) Reading {
	t.Helper()
	r, err := parseReading([]byte(out), time.Unix(2000, 0))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseReadingPassesOverNoise(t *testing.T) {
	out := "Welcome to h1!\n\x1b[31mred\x1b[0m\nno newline here: " + lines("host", "h1") +
		"NF1 host not-ours\nNF1\tgarbage\n" + lines("generation", "7", "unknown-key", "x", "end", "1", "host", "after the end")
	r := parse(t, out)
	if r.Host != "h1" || r.Generation != 7 {
		t.Errorf("got %+v", r)
	}
	if r := parse(t, strings.ReplaceAll(lines("host", "h1", "end", "1"), "\n", "\r\n")); r.Host != "h1" {
		t.Errorf("a terminal's line ends leave %q", r.Host)
	}
}

func TestParseReadingWantsTheEnd(t *testing.T) {
	for _, out := range []string{"", "hello", lines("host", "h1"), "NF1\tend"} {
		if r, err := parseReading([]byte(out), time.Now()); err == nil {
			t.Errorf("%q became %+v", out, r)
		}
	}
}

func TestParseReadingTrustsNothing(t *testing.T) {
	r := parse(t, lines("host", "h1\x1b[2J", "failed", "- \x1b]0;owned\a.service", "generation", "-4", "uptime", "1e400", "load", "NaN -1 inf 7",
		"profile", "relative", "current", "/nix/store/x y-z", "cpus", "many", "now", "99999999999999999999", "memkb", "x", "disk /", "1 2", "nixos", "{", "end", "1"))
	if strings.ContainsAny(r.Host+strings.Join(r.FailedUnits, ""), "\x1b\a") {
		t.Errorf("%q and %q move the cursor", r.Host, r.FailedUnits)
	}
	r.Host, r.FailedUnits = "", nil
	if want := (Reading{At: time.Unix(2000, 0)}); !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v", r)
	}
}

func TestFailedUnits(t *testing.T) {
	if r := parse(t, lines("failed", "- a.service b.mount", "end", "1")); !reflect.DeepEqual(r.FailedUnits, []string{"a.service", "b.mount"}) {
		t.Errorf("got %q", r.FailedUnits)
	}
	if r := parse(t, lines("failed", "-", "end", "1")); r.FailedUnits == nil || len(r.FailedUnits) != 0 {
		t.Errorf("none failed, got %#v", r.FailedUnits)
	}
	if r := parse(t, lines("end", "1")); r.FailedUnits != nil {
		t.Errorf("nothing was read, got %#v", r.FailedUnits)
	}
}

func TestBootedAtIsTheLater(t *testing.T) {
	for name, c := range map[string]struct {
		answers string
		want    int64
	}{
		"a machine":               {lines("now", "10000", "uptime", "1000.7", "bootedtime", "9001"), 9001},
		"a board without a clock": {lines("now", "10000", "uptime", "1000", "bootedtime", "12"), 9000},
		"a container":             {lines("now", "10000", "uptime", "9000", "bootedtime", "9500"), 9500},
		"no uptime":               {lines("now", "10000", "bootedtime", "9500"), 9500},
		"a mac":                   {lines("now", "10000", "boottime", "8000"), 8000},
	} {
		if r := parse(t, c.answers+lines("end", "1")); r.BootedAt.Unix() != c.want {
			t.Errorf("%s: booted at %d, want %d", name, r.BootedAt.Unix(), c.want)
		}
	}
	if r := parse(t, lines("uptime", "5", "end", "1")); !r.BootedAt.IsZero() {
		t.Errorf("without a clock nothing is known, got %v", r.BootedAt)
	}
}

// full is a reading by the full script.
func fullReading() Reading {
	no := false
	at := time.Unix(1000, 0)
	return Reading{At: at, FullAt: at, Full: true, MachineID: "m", BootID: "b", Host: "h1", Current: "/c-1", Profile: "/c-1", Generation: 3, Generations: 3,
		Reboot: &no, Revision: "rev", Label: "25.11", Systemd: "degraded", FailedUnits: []string{"x.service"}, Arch: "aarch64", CPUs: 4,
		Nix: "nix (Nix) 2.31", MemTotal: 1 << 30, Disks: map[string]Disk{"/": {Total: 2, Free: 1}}}
}

func fastReading() Reading {
	r := fullReading()
	return Reading{At: r.At.Add(time.Minute), MachineID: r.MachineID, BootID: r.BootID, Host: r.Host, Current: r.Current, Profile: r.Profile,
		Generation: r.Generation, Reboot: r.Reboot, Label: r.Label}
}

func TestMergeKeepsWhatIsStillTrue(t *testing.T) {
	old, next := fullReading(), fastReading()
	want := old
	want.At = next.At
	if got := old.merge(next); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMergeDropsWhatMayHaveChanged(t *testing.T) {
	old := fullReading()

	next := fastReading()
	next.Current = "/c-2"
	if m := old.merge(next); m.Revision != "" || m.FailedUnits != nil || m.Systemd != "" || m.Full || m.CPUs != 4 || m.Generations != 3 {
		t.Errorf("another system: %+v", m)
	}
	next = fastReading()
	next.Profile, next.Generation = "/c-2", 4
	if m := old.merge(next); m.Revision != "rev" || m.FailedUnits == nil || m.Generations != 0 || m.Full {
		t.Errorf("another profile: %+v", m)
	}
	next = fastReading()
	next.BootID = "b2"
	if m := old.merge(next); m.FailedUnits != nil || m.Revision != "rev" || m.Full {
		t.Errorf("another boot: %+v", m)
	}
	next = fastReading()
	next.MachineID = "m2"
	if m := old.merge(next); !reflect.DeepEqual(m, next) {
		t.Errorf("another machine: %+v", m)
	}
	next = fullReading()
	next.Revision = ""
	if m := old.merge(next); !reflect.DeepEqual(m, next) {
		t.Errorf("a full reading is whole by itself: %+v", m)
	}
	if m := (Reading{}).merge(fastReading()); !reflect.DeepEqual(m, fastReading()) {
		t.Errorf("the first reading: %+v", m)
	}
}

func TestMachineKey(t *testing.T) {
	a, clone, half := Reading{MachineID: "m", BootID: "1"}, Reading{MachineID: "m", BootID: "2"}, Reading{MachineID: "m"}
	if a.MachineKey() == clone.MachineKey() || a.MachineKey() == "" || half.MachineKey() != "" {
		t.Errorf("keys are %q, %q, %q", a.MachineKey(), clone.MachineKey(), half.MachineKey())
	}
	root := nixos(t)
	r := readRoot(t, local{root: root.dir}, false)
	if key := ThisMachine(root.dir); key == "" || key != r.MachineKey() {
		t.Errorf("this machine is %q, its host %q", key, r.MachineKey())
	}
	if key := ThisMachine(t.TempDir()); key != "" {
		t.Errorf("an empty root is %q", key)
	}
}
