package demo

import "time"

// story is what makes a host of the demo different from the others: how it
// stands when the demo is started for the first time, and how deploying to it
// goes. Revisions are counted back from the wanted one, which is 0.
type story struct {
	latency    time.Duration // one way and back
	generation int           // number of the profile's generation
	kept       int           // how many generations are still there
	profile    int           // revision of the system profile
	running    int           // revision of the running system
	booted     int           // revision that it was booted with
	uptime     time.Duration
	failed     []string // units that have failed already

	offline bool // nothing answers
	newKey  bool // it was installed again: its host key is not the known one

	cpus, memGiB   int
	load           float64
	builds         int // of other people, always running
	nixGiB, nixLow int // size of the disk of /nix, and how much of it is free

	builtHere   []string // derivations that a deployment has to build
	fetched     []string // store paths that it fetches
	buildFails  string   // the derivation that cannot be built
	switchFails []string // units that fail when its new system is activated
	restarted   []string // units that activation restarts
}

// storyOf is a host's.
func storyOf(name string) story {
	if name == NewHost {
		return newStory()
	}
	return stories()[name]
}

// stories are the hosts of the sample fleet, each with a reason to be looked at.
func stories() map[string]story {
	return map[string]story{
		// The desktop is as wanted, but for the kernel that it still runs; and its
		// Nix daemon has stopped listening, so that it builds for nobody.
		"kelyus": {latency: 400 * time.Microsecond, generation: 214, kept: 12, booted: 2, uptime: 23 * day,
			failed: []string{daemonUnit}, cpus: 16, memGiB: 64, load: 1.9, nixGiB: 931, nixLow: 402},
		// The CI builder has filled its disk.
		"indri": {latency: 11 * time.Millisecond, generation: 88, kept: 6, profile: 1, running: 1, booted: 1, uptime: 12 * day,
			cpus: 32, memGiB: 128, load: 7.4, builds: 3, nixGiB: 953, nixLow: 9,
			builtHere: []string{"forgejo-runner-12.1.0", "unit-forgejo-runner.service"},
			fetched:   []string{"go-1.26.3", "docker-29.0.4", "buildkit-0.26.1", "forgejo-runner-12.1.0-go-modules"},
			restarted: []string{"forgejo-runner.service", "nix-gc.timer"}},
		"boraha": {latency: 14 * time.Millisecond, generation: 61, kept: 5, uptime: 18 * time.Hour,
			cpus: 80, memGiB: 256, load: 21.3, builds: 4, nixGiB: 1863, nixLow: 1104},
		// The Pi is slow to reach, and another builds for it.
		"sambirano": {latency: 7 * time.Millisecond, generation: 37, kept: 4, profile: 1, running: 1, booted: 1, uptime: 12 * day,
			cpus: 4, memGiB: 4, load: 0.6, nixGiB: 58, nixLow: 21,
			builtHere: []string{"home-assistant-2026.11.2", "unit-home-assistant.service", "udev-rules"},
			fetched:   []string{"python3-3.13.9", "zigbee2mqtt-2.7.0", "mosquitto-2.0.23"},
			restarted: []string{"home-assistant.service", "zigbee2mqtt.service"}},
		"sifaka": {offline: true, generation: 129, kept: 9, profile: 1, running: 1, booted: 1, uptime: 2 * day,
			cpus: 8, memGiB: 32, nixGiB: 476, nixLow: 120},
		// The backups are as wanted, but for a unit; and frozen in fleet.nix.
		"tenrec": {latency: 600 * time.Microsecond, generation: 45, kept: 5, uptime: 17 * time.Hour,
			failed: []string{"zfs-scrub.service"}, cpus: 4, memGiB: 16, load: 3.2, nixGiB: 232, nixLow: 140},
		"ankarana": {latency: 23 * time.Millisecond, generation: 153, kept: 8, profile: 1, running: 1, booted: 1, uptime: 12 * day,
			cpus: 4, memGiB: 8, load: 0.4, nixGiB: 78, nixLow: 41,
			builtHere: []string{"nginx.conf", "unit-nginx.service"},
			fetched:   []string{"nginx-1.28.1", "openssl-3.5.4", "curl-8.17.0", "php-with-extensions-8.4.14"},
			restarted: []string{"nginx.service", "phpfpm-site.service"}},
		// A certificate cannot be renewed: active, with a failed unit.
		"andasibe": {latency: 24 * time.Millisecond, generation: 149, kept: 8, profile: 1, running: 1, booted: 1, uptime: 12 * day,
			cpus: 4, memGiB: 8, load: 0.3, nixGiB: 78, nixLow: 39,
			builtHere:   []string{"lego-4.29.0", "nginx.conf", "unit-nginx.service", "unit-acme-andasibe.example.org.service"},
			fetched:     []string{"nginx-1.28.1", "openssl-3.5.4", "go-1.26.3"},
			switchFails: []string{"acme-andasibe.example.org.service"},
			restarted:   []string{"nginx.service"}},
		"vanga": {newKey: true, latency: 31 * time.Millisecond, generation: 3, kept: 3, profile: 1, running: 1, booted: 1, uptime: 5 * day,
			cpus: 2, memGiB: 4, load: 0.2, nixGiB: 38, nixLow: 17},
		// The database is furthest behind: a new release, a kernel of its own.
		"tsingy": {latency: 19 * time.Millisecond, generation: 72, kept: 7, profile: 3, running: 3, booted: 3, uptime: 97 * day,
			cpus: 16, memGiB: 128, load: 2.8, nixGiB: 1863, nixLow: 930,
			builtHere: []string{"linux-6.18.21", "initrd-linux-6.18.21", "postgresql.conf", "unit-postgresql.service"},
			fetched:   []string{"linux-6.18.21.tar.xz", "postgresql-17.7", "systemd-258.2", "glibc-2.42-32", "openssh-10.2p1", "llvm-21.1.5-lib"},
			restarted: []string{"postgresql.service", "sshd.service", "prometheus-node-exporter.service"}},
		"masoala": {latency: 20 * time.Millisecond, generation: 70, kept: 7, profile: 1, running: 1, booted: 1, uptime: 12 * day,
			cpus: 8, memGiB: 64, load: 1.1, nixGiB: 931, nixLow: 512,
			builtHere:  []string{"pgbackrest.conf", "postgresql.conf", "unit-postgresql.service"},
			fetched:    []string{"postgresql-17.7", "pgbackrest-2.57.0"},
			buildFails: "postgresql.conf"},
		// Somebody chose `boot` a while ago and did not reboot.
		"ayeaye": {latency: 27 * time.Millisecond, generation: 96, kept: 6, profile: 1, running: 2, booted: 2, uptime: 38 * day,
			cpus: 2, memGiB: 4, load: 0.7, nixGiB: 58, nixLow: 22,
			builtHere: []string{"prometheus.yml", "grafana-dashboards", "unit-prometheus.service"},
			fetched:   []string{"prometheus-3.7.3", "grafana-12.3.0"},
			restarted: []string{"prometheus.service", "grafana.service"}},
	}
}
