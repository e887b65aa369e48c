package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/sshutil"
)

// Reading is what one probe read from a host. Zero means not read.
type Reading struct {
	At           time.Time // when, by our clock
	HostTime     time.Time // by its clock
	Full         bool      // by the full script, or the full one's values are still true
	FullAt       time.Time // when the full script was last read, by our clock
	Host         string    // uname -n
	OS, Arch     string    // uname
	OSName       string    // os-release's PRETTY_NAME
	System       string    // such as "x86_64-linux"
	MachineID    string
	HostKey      string // "type base64": tells cloned machines, which share a machine-id, apart
	BootID       string
	Generation   int
	GenerationAt time.Time // when the generation was made, by the host's clock
	ProfileAt    time.Time // when the profile was last set, to whichever generation, by the host's clock
	Generations  int       // how many there are
	Profile      string    // P, a store path
	Current      string    // C
	Booted       string    // B
	BootedAt     time.Time // by the host's clock
	Reboot       *bool     // kernel, initrd or modules of P differ from B's
	Label        string    // nixos-version, such as "25.11.20261101.abcdef0"
	Revision     string    // configurationRevision
	Systemd      string    // is-system-running
	FailedUnits  []string
	Switching    bool // the activation unit is active, or somebody holds activation's lock
	Kernel       string
	Nix          string
	Uptime       time.Duration
	Load         [3]float64
	CPUs         int
	MemTotal     int64 // bytes
	MemAvailable int64
	Disks        map[string]Disk // by mount point of /nix, /boot, /
	Builds       int             // running builds, from any client
	Slots        []string        // of builders that its own Nix has taken, by the names of Nix's lock files
	Store        *bool           // the Nix daemon's socket is there; nil when we may not look
	Machines     Machines        // of its machines file
}

// Disk is the space of a file system, in bytes.
type Disk struct {
	Total, Free int64
}

// isNixOS says whether what was read looks like NixOS (or nix-darwin) at all.
func (r Reading) isNixOS() bool { return r.Current != "" || r.Profile != "" }

// merge returns next with what only the full script reads kept from r, as far
// as it must still be true: the boot, the generation and the system are the same.
func (r Reading) merge(next Reading) Reading {
	if next.Full || r.At.IsZero() {
		return next
	}
	m := next
	if r.MachineID != next.MachineID || r.HostKey != next.HostKey {
		return m // another machine goes by this name now
	}
	m.OS, m.Arch, m.OSName, m.CPUs, m.Nix = keep(m.OS, r.OS), keep(m.Arch, r.Arch), keep(m.OSName, r.OSName), keep(m.CPUs, r.CPUs), keep(m.Nix, r.Nix)
	m.Host, m.Kernel = keep(m.Host, r.Host), keep(m.Kernel, r.Kernel)
	m.Machines = r.Machines
	m.MemTotal, m.MemAvailable, m.Disks = keep(m.MemTotal, r.MemTotal), keep(m.MemAvailable, r.MemAvailable), r.Disks
	m.FullAt = r.FullAt
	if r.Current == next.Current {
		m.Revision = r.Revision
	}
	if r.Profile == next.Profile && r.Generation == next.Generation {
		m.Generations = r.Generations
	}
	if r.BootID == next.BootID && r.Current == next.Current {
		m.Systemd, m.FailedUnits = r.Systemd, r.FailedUnits
		m.Full = r.Full && r.Profile == next.Profile
	}
	return m
}

func keep[T comparable](newer, older T) T {
	var zero T
	if newer == zero {
		return older
	}
	return newer
}

// MachineKey tells machines apart, by whatever name they were reached: it is
// the same for two names of one machine and differs between clones that share
// a machine-id. It changes with each boot; "" when not known.
func (r Reading) MachineKey() string {
	if r.MachineID == "" || r.BootID == "" {
		return ""
	}
	return r.MachineID + "-" + r.BootID
}

// repeating is a connection that keeps a shell for what it is asked again and
// again; *sshutil.Client does.
type repeating interface {
	Repeat(ctx context.Context, cmd sshutil.Command) (sshutil.Result, error)
}

// Read runs a script over r and parses what it says. The error is an
// *sshutil.Error; one of the answer itself has no host, which the caller knows.
func Read(ctx context.Context, r sshutil.Runner, full bool, now func() time.Time) (Reading, error) {
	run := r.Run
	if kept, ok := r.(repeating); ok && !full {
		run = kept.Repeat
	}
	reading, err := readBy(ctx, run, Script(full), now)
	if reading.Full = full && err == nil; reading.Full {
		reading.FullAt = reading.At
	}
	return reading, err
}

// ReadSystems reads as Read does with the fast script what a host runs and would
// boot, but no locks: of an activation it tells only if that is in its unit, and
// nothing of builds. That spares the host most of the time that a reading takes.
func ReadSystems(ctx context.Context, r sshutil.Runner, now func() time.Time) (Reading, error) {
	return readBy(ctx, r.Run, briefScript(), now)
}

func readBy(ctx context.Context, run func(context.Context, sshutil.Command) (sshutil.Result, error), script []byte, now func() time.Time) (Reading, error) {
	result, err := run(ctx, sshutil.Command{Line: scriptCommand, Stdin: script, MaxOutput: maxReadingOutput})
	if err != nil {
		return Reading{}, err
	}
	reading, err := parseReading(result.Stdout, now())
	if err != nil {
		return Reading{}, unanswered(result, err)
	}
	return reading, nil
}

// unanswered tells that the login worked and the script did not.
func unanswered(result sshutil.Result, err error) *sshutil.Error {
	e := &sshutil.Error{
		Kind:    sshutil.KindProto,
		Message: "logged in, but the host's answer was cut off",
		Hint:    "look whether something in the login shell's startup files ends the session",
		Err:     err,
	}
	// What the shell or an account like nologin says of itself is the best reason there is.
	said := lastLine(result.Stderr, result.Stdout)
	switch {
	case result.ExitCode != 0 && bytes.Contains(result.Stdout, []byte(marker)): // it ran; a signal has no number that all logins tell
		e.Message = fmt.Sprintf("logged in, but /bin/sh ended while it answered (exit status %d)", result.ExitCode)
		e.Hint = "look into the host's journal why: it may be short of memory"
	case result.ExitCode != 0:
		e.Kind = sshutil.KindExecFailed
		e.Message = fmt.Sprintf("logged in, but /bin/sh did not run (exit status %d)", result.ExitCode)
		e.Hint = "give the account a login shell that can run /bin/sh"
		if said != "" {
			e.Message += ": " + said
		}
	}
	return e
}

func lastLine(outputs ...[]byte) string {
	for _, out := range outputs {
		if out = bytes.TrimSpace(out); len(out) > 0 {
			return shorten(text.Line(string(out[bytes.LastIndexByte(out, '\n')+1:])))
		}
	}
	return ""
}

const marker = "NF1\t"

// parseReading reads a script's output. Lines without our marker are passed
// over; output that lacks the end marker is an error. now is our clock's time.
func parseReading(out []byte, now time.Time) (Reading, error) {
	answers, err := answersIn(out)
	if err != nil {
		return Reading{}, err
	}
	return readingOf(answers, now), nil
}

// answersIn are the values in a script's output by their keys.
func answersIn(out []byte) (map[string]string, error) {
	answers := map[string]string{}
	ended := false
	for line := range strings.Lines(string(out)) {
		// A banner without newline may stand before the first marker.
		_, rest, found := strings.Cut(strings.TrimRight(line, "\r\n"), marker)
		key, value, ok := strings.Cut(rest, "\t")
		if !found || !ok {
			continue
		}
		if ended = key == "end"; ended {
			break
		}
		answers[key] = text.Line(strings.TrimSpace(value))
	}
	if !ended {
		return nil, fmt.Errorf("the answer lacks its last line (%d bytes, %d lines of ours)", len(out), len(answers))
	}
	return answers, nil
}

func readingOf(a map[string]string, now time.Time) Reading {
	r := Reading{
		At: now, HostTime: unixTime(a["now"]), Host: a["host"], OS: a["os"], Arch: a["arch"], OSName: a["osname"],
		System: a["system"], MachineID: a["machine"], HostKey: plainKey(a["hostkey"]), BootID: a["boot"], Generation: whole(a["generation"]),
		GenerationAt: unixTime(a["generationtime"]), ProfileAt: unixTime(a["profiletime"]), Generations: whole(a["generations"]),
		Profile: storePath(a["profile"]), Current: storePath(a["current"]), Booted: storePath(a["booted"]),
		Reboot: yesNo(a, "reboot"), Label: a["label"], Systemd: a["systemd"], Switching: a["switching"] == "1",
		Kernel: a["kernel"], Nix: a["nix"], Uptime: seconds(a["uptime"]), CPUs: whole(a["cpus"]),
		Builds: whole(a["builds"]), Store: yesNo(a, "store"), Disks: disks(a),
	}
	if units, ok := strings.CutPrefix(a["failed"], "-"); ok {
		r.FailedUnits = append([]string{}, strings.Fields(units)...)
	}
	for i, f := range strings.Fields(a["load"]) {
		if i < len(r.Load) {
			r.Load[i] = number(f)
		}
	}
	r.MemTotal, r.MemAvailable = memory(a)
	r.BootedAt = bootedAt(r, a)
	r.readVersion(a["nixos"])
	r.Machines = listedMachines(a, r.System)
	if slots := strings.Fields(a["slots"]); len(slots) > 0 {
		r.Slots = slots
	}
	return r
}

// bootedAt is the later of what the uptime says and when /run/booted-system
// was made: a container shares the machine's uptime, and a board without a
// clock makes the link before it knows the time.
func bootedAt(r Reading, a map[string]string) time.Time {
	booted := unixTime(a["bootedtime"])
	if at := unixTime(a["boottime"]); at.After(booted) {
		booted = at
	}
	if r.Uptime > 0 && !r.HostTime.IsZero() {
		if at := r.HostTime.Add(-r.Uptime).Truncate(time.Second); at.After(booted) {
			booted = at
		}
	}
	return booted
}

// readVersion takes what `nixos-version --json` says.
func (r *Reading) readVersion(raw string) {
	var v struct {
		NixosVersion          string `json:"nixosVersion"`
		ConfigurationRevision string `json:"configurationRevision"`
	}
	if json.Unmarshal([]byte(raw), &v) != nil {
		return // an older nixos-version has no --json
	}
	r.Revision = text.Line(v.ConfigurationRevision)
	r.Label = keep(r.Label, text.Line(v.NixosVersion))
}

func memory(a map[string]string) (total, available int64) {
	const kib = 1 << 10
	if fields := strings.Fields(a["memkb"]); len(fields) > 0 {
		total = int64(whole(fields[0])) * kib
		if len(fields) > 1 {
			available = int64(whole(fields[1])) * kib
		}
		return total, available
	}
	return int64(whole(a["membytes"])), 0
}

// disks are the file systems of the directories that matter, each once, by its
// mount point.
func disks(a map[string]string) map[string]Disk {
	const kib = 1 << 10
	var found map[string]Disk
	for _, key := range slices.Sorted(maps.Keys(a)) {
		fields := strings.Fields(a[key])
		if !strings.HasPrefix(key, "disk ") || len(fields) < 3 {
			continue
		}
		if found == nil {
			found = map[string]Disk{}
		}
		found[fields[2]] = Disk{Total: int64(whole(fields[0])) * kib, Free: int64(whole(fields[1])) * kib}
	}
	return found
}

// storePath accepts what can be a store path and nothing else.
func storePath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.ContainsAny(s, " \t") || !strings.Contains(s, "-") {
		return ""
	}
	return s
}

func yesNo(a map[string]string, key string) *bool {
	value, ok := a[key]
	if !ok {
		return nil
	}
	yes := value == "1"
	return &yes
}

func whole(s string) int {
	const most = math.MaxInt64 >> 20 // more is no count of anything, and would overflow as KiB
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0 // not read
	}
	return n
}

func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0 // not read
	}
	return f
}

func seconds(s string) time.Duration {
	const most = 100 * 365 * 24 * 3600 // more is no uptime, and would overflow
	return time.Duration(min(number(s), most) * float64(time.Second))
}

func unixTime(s string) time.Time {
	if n := whole(s); n > 0 {
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

// plainKey is a public key without its comment.
func plainKey(line string) string {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return ""
	}
	return fields[0] + " " + fields[1]
}
