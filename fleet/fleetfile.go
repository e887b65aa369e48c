package fleet

import (
	"encoding/json"
	"slices"
)

// declared is the content of a fleet.nix. A nil pointer or list is a setting
// on which it is silent.
type declared struct {
	defaults settings
	hosts    map[string]settings
	builders map[string]Builder
	ca       *CA
}

// settings are what fleet.nix says of one host, or in `defaults` of all.
type settings struct {
	address, user, system, hostKey, buildOn, frozen    *string
	port                                               *int
	sudo, forwardAgent, substitutes, hidden, sometimes *bool
	tags, healthChecks                                 []string
	builder                                            *Builder
}

// parseFleetFile reads what Nix made of the fleet.nix at path. It is strict:
// the error is an *Error that names the first mistake.
func parseFleetFile(path string, raw json.RawMessage) (declared, error) {
	r := &reader{file: path}
	d := declared{hosts: map[string]settings{}, builders: map[string]Builder{}}
	top := r.section("", raw)
	if s := top.set("defaults"); s != nil {
		d.defaults = readDefaults(s)
	}
	top.sets("hosts", func(name string, s *section) { d.hosts[name] = readHost(s) })
	top.sets("builders", func(name string, s *section) { d.builders[name] = readLoneBuilder(name, s) })
	if s := top.set("ca"); s != nil {
		d.ca = readCA(s)
	}
	top.done()
	checkNames(r, d)
	if r.err != nil {
		return declared{}, r.err
	}
	return d, nil
}

func readDefaults(s *section) settings {
	v := settings{
		user: s.text("user"), buildOn: s.text("buildOn"), port: s.whole("port"),
		sudo: s.flag("sudo"), forwardAgent: s.flag("forwardAgent"), substitutes: s.flag("substitutes"),
	}
	s.done()
	checkPort(s, v.port)
	return v
}

func readHost(s *section) settings {
	v := settings{
		address: s.text("address"), port: s.whole("port"), user: s.text("user"), system: s.text("system"),
		tags: s.texts("tags"), hostKey: s.text("hostKey"), buildOn: s.text("buildOn"),
		sudo: s.flag("sudo"), forwardAgent: s.flag("forwardAgent"), substitutes: s.flag("substitutes"),
		hidden: s.flag("hidden"), sometimes: s.flag("intermittent"), frozen: s.text("frozen"),
		healthChecks: s.texts("healthChecks"),
	}
	if b := s.set("builder"); b != nil {
		v.builder = readBuilder(b)
		b.done()
	}
	s.done()
	checkPort(s, v.port)
	checkAddress(s, v.address)
	v.hostKey = checkKey(s, "hostKey", v.hostKey)
	checkSystems(s, "system", listOf(v.system))
	checkTags(s, v.tags)
	if v.frozen != nil && *v.frozen == "" {
		s.mistake("Say why, such as frozen = \"disk on order\", or leave the key out.", "%s: the reason is missing", s.at("frozen"))
	}
	return v
}

// readBuilder reads what a host's builder and an entry of builders share.
func readBuilder(s *section) *Builder {
	b := &Builder{
		Systems: s.texts("systems"), MaxJobs: orElse(s.whole("maxJobs"), 1), SpeedFactor: orElse(s.number("speedFactor"), 1),
		SSHUser: orElse(s.text("sshUser"), ""), SSHKey: orElse(s.text("sshKey"), ""),
		SupportedFeatures: s.texts("supportedFeatures"), MandatoryFeatures: s.texts("mandatoryFeatures"),
		SigningKey: orElse(s.text("signingKey"), ""), AuthorizedKey: orElse(s.text("authorizedKey"), ""),
		From: []string{fleetFile},
	}
	if len(b.Systems) == 0 {
		s.mistake("Say what it can build for, such as systems = [ \"x86_64-linux\" ].", "%s: a builder needs systems", s.path)
	}
	checkSystems(s, "systems", b.Systems)
	if b.MaxJobs < 1 {
		s.mistake("Give the number of builds that may run there at the same time.", "%s: expected at least 1, found %d", s.at("maxJobs"), b.MaxJobs)
	}
	if b.SpeedFactor <= 0 {
		s.mistake("It compares builders: twice the number is twice as fast.", "%s: expected more than 0, found %v", s.at("speedFactor"), b.SpeedFactor)
	}
	checkSigningKey(s, b.SigningKey)
	checkKey(s, "authorizedKey", given(b.AuthorizedKey))
	return b
}

// readLoneBuilder reads a builder that is no host of the fleet.
func readLoneBuilder(name string, s *section) Builder {
	address, port, user := s.text("address"), s.whole("port"), s.text("user")
	hostKey := s.text("hostKey")
	b := readBuilder(s)
	s.done()
	checkPort(s, port)
	checkAddress(s, address)
	b.Name, b.Address, b.Port, b.User = name, orElse(address, ""), orElse(port, 0), orElse(user, "")
	b.HostKey = orElse(checkKey(s, "hostKey", hostKey), "")
	return *b
}

func readCA(s *section) *CA {
	ca := &CA{
		PublicKey: orElse(s.text("publicKey"), ""), Key: orElse(s.text("key"), ""),
		Principals: s.texts("principals"), Validity: orElse(s.text("validity"), ""),
	}
	s.done()
	checkKey(s, "publicKey", given(ca.PublicKey))
	return ca
}

// checkNames finds a name that means two machines.
func checkNames(r *reader, d declared) {
	for _, name := range sortedKeys(d.builders) {
		if _, both := d.hosts[name]; both {
			r.mistake("Describe a host that builds in hosts."+attr(name)+".builder, and drop the other entry.",
				"%s stands both in hosts and in builders", name)
		}
	}
}

// checkBuildOn finds a buildOn that names nothing, once all names are known.
func checkBuildOn(file string, d declared, hosts []string) error {
	names := append(slices.Clone(hosts), sortedKeys(d.builders)...)
	r := &reader{file: file}
	check := func(path string, where *string) {
		if where == nil || *where == "target" || *where == "local" || slices.Contains(names, *where) {
			return
		}
		r.mistake(didYouMean(*where, append(names, "target", "local"), `Say "target", "local", or the name of a host or builder.`),
			"%s.buildOn: there is no host or builder called %q", path, *where)
	}
	check("defaults", d.defaults.buildOn)
	for _, name := range sortedKeys(d.hosts) {
		check("hosts."+attr(name), d.hosts[name].buildOn)
	}
	if r.err != nil {
		return r.err
	}
	return nil
}
