package fleet

import (
	"slices"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
	"nixfleet-tui/sshutil"
)

// Survey is what preflight reads of one machine: how it stands, and what a run
// would find there. Zero means not read, or not asked.
type Survey struct {
	Reading    Reading
	User       string   // who we are there
	Groups     []string // that we are in
	Store      Space    // of /nix/store
	Boot       Space    // of /boot
	Conf       NixConf
	Machines   []nixcmd.Machine // that its Nix sends builds to
	Activation *Activation      // who is activating a system right now; nil when nobody is

	Means    *sshutil.SudoHost // how sudo lets people through there; nil when not asked
	Sudo     Sudo
	SudoSaid string // its own words when it did not work
	Trust    nixcmd.Trust
	TrustErr error // why that was not learned

	Touch bool // somebody touched a key for the login that it was read over
}

// Space is what is free where a directory is.
type Space struct {
	Disk
	Mount string // mount point of the file system
}

// NixConf is the part of a machine's nix.conf that decides what a build or a
// copy there may do. What other files it includes is not read.
type NixConf struct {
	Read           bool    // the file could be read at all
	Builders       *string // nil: not set, which means the machines file
	System         string
	ExtraPlatforms []string
	TrustedKeys    []string // of the binary caches, and of machines that sign
	Unsigned       bool     // it takes paths without a signature
}

// Activation is a switch-to-configuration that somebody else runs.
type Activation struct {
	By      string        // whose session it belongs to, if that can be seen
	For     time.Duration // how long it has been running; 0 when not known
	Command string
	Logins  []string // who is logged in there, by its own `who`
}

// parseSurvey reads the output of surveyScript. now is our clock's time; along
// says that our agent was to be forwarded.
func parseSurvey(out []byte, now time.Time, along bool) (Survey, error) {
	a, err := answersIn(out)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{
		Reading: readingOf(a, now), Store: space(a["disk /nix"]), Boot: space(a["disk /boot"]), Conf: confOf(a),
		User: wordsIn(a["id"], "uid=")[0], Groups: wordsIn(a["id"], "groups="),
	}
	s.Means = sudoHostOf(a, s, along)
	s.Machines = machinesOf(s.Conf, a, s.System())
	if s.Reading.Switching {
		s.Activation = activationOf(a)
	}
	return s, nil
}

// System is what Nix calls the machine's own kind, such as "x86_64-linux",
// whatever the system is for that runs there; "" when not known.
func (s Survey) System() string {
	if s.Conf.System != "" {
		return s.Conf.System
	}
	arch, os := strings.ToLower(s.Reading.Arch), strings.ToLower(s.Reading.OS)
	if arch == "" || os == "" {
		return ""
	}
	// Nix has names of its own for some of what the kernel calls itself.
	for kernel, nix := range map[string]string{"arm64": "aarch64", "amd64": "x86_64", "i386": "i686", "i586": "i686", "ppc64le": "powerpc64le"} {
		if arch == kernel {
			arch = nix
		}
	}
	return arch + "-" + os
}

// Builds says whether the machine itself builds for system.
func (s Survey) Builds(system string) bool {
	own := s.System()
	return system == own || own == "x86_64-linux" && system == "i686-linux" || slices.Contains(s.Conf.ExtraPlatforms, system)
}

// wordsIn are the names in one field of what `id` prints, such as
// "groups=100(users),1(wheel)"; always one at least, which may be "".
func wordsIn(id, field string) []string {
	_, rest, _ := strings.Cut(" "+id, " "+field)
	rest, _, _ = strings.Cut(rest, " ")
	names := strings.Split(rest, ",")
	for i, n := range names {
		if _, name, ok := strings.Cut(n, "("); ok {
			names[i] = strings.TrimSuffix(name, ")")
		}
	}
	return names
}

func space(answer string) Space {
	const kib = 1 << 10
	fields := strings.Fields(answer)
	if len(fields) < 3 {
		return Space{}
	}
	return Space{Disk{int64(whole(fields[0])) * kib, int64(whole(fields[1])) * kib}, fields[2]}
}

func confOf(a map[string]string) NixConf {
	value := func(key string) string { return strings.TrimPrefix(a["conf "+key], "-") }
	c := NixConf{
		Read: a["conf read"] != "", System: value("system"), ExtraPlatforms: strings.Fields(value("extra-platforms")),
		TrustedKeys: strings.Fields(value("trusted-public-keys") + " " + value("extra-trusted-public-keys")),
		Unsigned:    value("require-sigs") == "false",
	}
	if _, set := a["conf builders"]; set {
		spec := value("builders")
		c.Builders = &spec
	}
	return c
}

// machinesOf reads the builders that a machine's nix.conf names, which are
// those of its machines file unless it says otherwise.
func machinesOf(c NixConf, a map[string]string, system string) []nixcmd.Machine {
	return c.machines(system, func(path string) ([]byte, error) {
		if path == MachinesFile {
			return machineLines(a), nil
		}
		return nil, nil // another file, which was not read
	})
}

func (c NixConf) machines(system string, read func(path string) ([]byte, error)) []nixcmd.Machine {
	const setting = "the builders setting"
	spec := "@" + MachinesFile
	if c.Builders != nil {
		spec = *c.Builders
	}
	file := nixcmd.MachinesFile{System: system, Read: func(path string) ([]byte, error) {
		if path == setting {
			return []byte(spec), nil
		}
		return read(path)
	}}
	machines, _ := file.Load(setting) // mistakes in it are the builders' health to tell
	return machines
}

// MachinesIn are the survey's machines, of files that can be read themselves.
func (s Survey) MachinesIn(read func(path string) ([]byte, error)) []nixcmd.Machine {
	return s.Conf.machines(s.System(), read)
}

func machineLines(a map[string]string) []byte {
	var lines []string
	for key, line := range a {
		if strings.HasPrefix(key, "machine ") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n"))
}

func activationOf(a map[string]string) *Activation {
	act := &Activation{By: a["switcher"], Command: a["switchcommand"], For: time.Duration(whole(a["switchage"])) * time.Second}
	for _, key := range sortedKeys(a) {
		if strings.HasPrefix(key, "login ") {
			act.Logins = append(act.Logins, a[key])
		}
	}
	return act
}
