package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// revision is one commit of the demo's flake: what all hosts would run, had it
// been deployed to all of them.
type revision struct {
	rev    string        // of the flake
	label  string        // NixOS's version, as `nixos-version` prints it
	nix    string        // version of Nix in it
	kernel string        // on servers and desktops
	pi     string        // on the Raspberry Pi
	age    time.Duration // when it was made, before the demo's first start
}

const day = 24 * time.Hour

// revisions is the flake's history, newest first. The first is what is wanted.
func revisions() []revision {
	revs := []revision{
		{rev: "7c1e0d92b4f3a86e5d20c9b17f48a3e6d5190fb2", label: "26.05.20261119.c5ae371", nix: "2.31.3", kernel: "6.18.21", pi: "6.12.57", age: 20 * time.Hour},
		{rev: "e80b5f17c29d4a63b1f70c8e92da465bf3017ac4", label: "26.05.20261105.9b28f04", nix: "2.31.3", kernel: "6.18.21", pi: "6.12.57", age: 13 * day},
		{rev: "31fa96d0e7c8b25f4d8a0b6c71e5f392a04bd6c8", label: "26.05.20261008.41d7e6a", nix: "2.31.2", kernel: "6.18.16", pi: "6.12.52", age: 41 * day},
		{rev: "b95d20c4f86e173ab0c7d41e58f269c3ea7d0154", label: "25.11.20260812.d80c35b", nix: "2.28.5", kernel: "6.12.41", pi: "6.12.41", age: 99 * day},
	}
	// What came before fills the lists of generations: an update every ten days.
	made := time.Date(2026, time.August, 12, 0, 0, 0, 0, time.UTC)
	for i := range revisionsOfOld {
		id := hexID(strconv.Itoa(i)) + "00000000"
		made = made.Add(-10 * day)
		kernel := fmt.Sprintf("6.12.%d", 40-i)
		revs = append(revs, revision{
			rev: id, label: "25.11." + made.Format("20060102") + "." + id[:7], nix: "2.28.5",
			kernel: kernel, pi: kernel, age: revs[len(revs)-1].age + 10*day,
		})
	}
	return revs
}

// revisionsOfOld is how many revisions there are besides those that stories name.
const revisionsOfOld = 12

// system is a NixOS system: one host at one revision, as a closure in a store.
type system struct {
	host string
	arch string // such as "x86_64-linux"
	revision
	path string // of the closure
	drv  string // of the derivation that makes it
}

// systemOf is what the flake says host runs at revision r.
func systemOf(h host, r revision) system {
	name, of := "nixos-system-"+h.Name+"-"+r.label, h.Name+" "+h.System+" "+r.rev
	return system{host: h.Name, arch: h.System, revision: r, path: storePath(of, name), drv: derivationPath(of, name)}
}

// kernelVersion is the version of the kernel that the system boots.
func (s system) kernelVersion() string {
	if s.isPi() {
		return s.pi
	}
	return s.kernel
}

// isPi says whether the system is for the fleet's Raspberry Pi.
func (s system) isPi() bool { return s.host == "sambirano" }

// part is what one of the links in a system points to: kernel, initrd or
// kernel-modules. Systems with the same kernel share them.
func (s system) part(link string) string {
	version := s.kernelVersion()
	of := s.arch + " " + version
	if link == "initrd" {
		return storePath(of+" "+s.host, "initrd-linux-"+version) + "/initrd"
	}
	name := "linux-" + version
	if link == "kernel" {
		return storePath(of, name) + "/" + s.image()
	}
	return storePath(of, name+"-modules")
}

// image is what the boot loader calls the kernel of this architecture.
func (s system) image() string {
	if strings.HasPrefix(s.arch, "aarch64") {
		return "Image"
	}
	return "bzImage"
}

// catalogue is every system of the fleet at every revision, to be found by its
// store path or its derivation.
type catalogue map[string]system

func newCatalogue(hosts []host) catalogue {
	c := catalogue{}
	for _, h := range hosts {
		for _, r := range revisions() {
			s := systemOf(h, r)
			c[s.path], c[s.drv] = s, s
		}
	}
	return c
}
