package demo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixfleet-tui/nixcmd"
)

// The links that say what a host runs.
const (
	profileDir  = "/nix/var/nix/profiles/"
	profilePath = profileDir + "system"
	currentPath = "/run/current-system"
	bootedPath  = "/run/booted-system"
)

// snapshot is a host's state at one moment.
type snapshot struct {
	machine
	profiled, current, booted system // what the three links lead to
	now                       time.Time
	switching                 *switching
	building                  int // builds that run, other people's too
	facts                     nixcmd.HostFacts
	story                     story
}

func (s *server) snapshot() snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.state
	m.Generations, m.Store, m.FailedUnits, m.Roots = slices.Clone(m.Generations), slices.Clone(m.Store), slices.Clone(m.FailedUnits), maps.Clone(m.Roots)
	return snapshot{
		machine: m, profiled: s.all[m.profile()], current: s.all[m.Current], booted: s.all[m.Booted],
		now: s.now(), switching: s.switching, building: len(s.builds) + s.story.builds, story: s.story, facts: s.facts,
	}
}

// loads are the three load averages.
func (s snapshot) loads() string {
	here := float64(s.building - s.story.builds)
	const breath = 0.08 // how much a load moves by itself, each minute
	r := seeded(s.Name + s.now.Truncate(time.Minute).String())
	l := s.story.load * (1 + breath*(2*r.Float64()-1))
	return fmt.Sprintf("%.2f %.2f %.2f", l+1.7*here, l+0.6*here, l)
}

// found is a file, directory or link on a host.
type found struct {
	real string // where it is when all links are followed
	link string // what it contains if it is a link
	text string // what it contains if it is a file
	file bool
}

// lookup finds a path among the few that a host has.
func (s *server) lookup(path string) (found, bool) {
	snap := s.snapshot()
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if text, ok := snap.textFile(s.host, path); ok {
		return found{real: path, text: text, file: true}, true
	}
	if link, to := snap.link(path); to != "" {
		return found{real: to, link: link}, true
	}
	if path == daemonSocket && snap.daemonListens() {
		return found{real: path}, true
	}
	if dir, ok := snap.behindLink(path); ok {
		path = dir
	}
	if slices.Contains(directories(), path) || snap.Roots[path] != "" {
		return found{real: path}, true
	}
	return snap.storeFile(s.all, path)
}

// directories are those that are on every host.
func directories() []string {
	return []string{"/", "/boot", "/etc", "/nix", "/nix/store", "/run", "/run/systemd/system", "/nix/var/nix/profiles", "/nix/var/nix/gcroots"}
}

// link says what path contains as a link, and where it leads in the end.
func (s snapshot) link(path string) (link, to string) {
	switch path {
	case profilePath:
		return profileLink(s.Profile), s.profile()
	case currentPath:
		return s.Current, s.Current
	case bootedPath:
		return s.Booted, s.Booted
	}
	if n, ok := strings.CutPrefix(path, profilePath+"-"); ok {
		number, err := strconv.Atoi(strings.TrimSuffix(n, "-link"))
		if g, ok := s.generation(number); ok && err == nil {
			return g.Path, g.Path
		}
	}
	return "", ""
}

// behindLink turns /run/current-system/REST into the store path it means.
func (s snapshot) behindLink(path string) (string, bool) {
	for _, l := range []string{profilePath, currentPath, bootedPath} {
		if rest, ok := strings.CutPrefix(path, l+"/"); ok {
			_, to := s.link(l)
			return to + "/" + rest, true
		}
	}
	return path, false
}

// storeFile finds what is inside of a system that is in the host's store.
func (s snapshot) storeFile(all catalogue, path string) (found, bool) {
	rest, ok := strings.CutPrefix(path, storeDir)
	if !ok {
		return found{}, false
	}
	name, inside, deeper := strings.Cut(rest, "/")
	if !s.valid(storeDir + name) {
		return found{}, false
	}
	sys := all[storeDir+name]
	switch {
	case !deeper:
		return found{real: path}, true
	case inside == "nixos-version":
		return found{real: path, text: sys.label, file: true}, true
	case inside == "system":
		return found{real: path, text: sys.arch, file: true}, true
	case inside == "kernel" || inside == "initrd" || inside == "kernel-modules":
		return found{real: sys.part(inside), link: sys.part(inside)}, true
	case inside == "bin/switch-to-configuration" || inside == "activate" || inside == "init":
		return found{real: path, file: true}, true
	}
	return found{}, false
}

// textFile is what a host's own files say.
func (s snapshot) textFile(h host, path string) (string, bool) {
	switch path {
	case "/etc/machine-id":
		return s.MachineID + "\n", true
	case "/proc/sys/kernel/random/boot_id":
		return s.BootID + "\n", true
	case "/etc/hostname", "/proc/sys/kernel/hostname":
		return h.Name + "\n", true
	case "/proc/sys/kernel/osrelease":
		return s.booted.kernelVersion() + "\n", true
	case "/proc/loadavg":
		return s.loads() + " 1/412 31337\n", true
	case "/etc/NIXOS":
		return "", true
	case "/etc/pam.d/sudo":
		return pamSudo, true
	case "/etc/os-release":
		version, _, _ := strings.Cut(s.current.label, ".2")
		return "ID=nixos\nNAME=NixOS\nVERSION_ID=\"" + version + "\"\n", true
	}
	return "", false
}

// pamSudo is sudo's PAM file on a host that asks nothing.
const pamSudo = `# Account management.
account required pam_unix.so # unix (order 10900)
# Authentication management.
auth sufficient pam_ussh.so ca_file=/etc/ssh/sudo_ca.pub authorized_principals=sudoer # ussh (order 11000)
auth sufficient pam_unix.so likeauth try_first_pass # unix (order 11700)
auth required pam_deny.so # deny (order 12500)
`
