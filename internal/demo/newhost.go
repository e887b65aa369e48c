package demo

import (
	"context"
	"time"

	"nixfleet-tui/nixcmd"
)

// The machine of the demo that waits to be installed: the flake has its host,
// and an installer runs on it.
const (
	NewHost          = "fosa"
	InstallerAddress = "installer.example.org"
)

// newHost is what the flake says of it.
func newHost() host {
	return host{Name: NewHost, Address: NewHost + ".example.org", User: "root", System: "x86_64-linux"}
}

// newStory is how it is: nothing has run on it yet.
func newStory() story {
	return story{latency: 9 * time.Millisecond, generation: 1, kept: 1, cpus: 8, memGiB: 32, load: 0.1, nixGiB: 931, nixLow: 898,
		builtHere: []string{"nginx.conf", "unit-nginx.service", "udev-rules"},
		fetched:   []string{"linux-6.18.21", "systemd-258.2", "glibc-2.42-32", "openssh-10.2p1", "nginx-1.28.1", "python3-3.13.9"}}
}

// installing is how far an installation of it has come there.
type installing struct {
	Keyed    bool   `json:"keyed"`
	Copied   bool   `json:"copied"`
	Began    int64  `json:"began"` // Unix time of nixos-install; 0: never
	System   string `json:"system"`
	Rebooted bool   `json:"rebooted"` // it is no installer any more
}

// InstallFacts is what the flake says of the new host, and of no other: those
// are installed.
func (e *Evaluator) InstallFacts(ctx context.Context, ref, name string) (nixcmd.InstallFacts, error) {
	if err := pause(ctx, evaluateLeast); err != nil {
		return nixcmd.InstallFacts{}, err
	}
	if name != NewHost {
		return nixcmd.InstallFacts{}, &nixcmd.Error{Doing: "evaluating " + name, Message: "attribute '" + name + "' missing: the demo's new host is " + NewHost,
			Full: "error: attribute '" + name + "' missing"}
	}
	yes := true
	return nixcmd.InstallFacts{
		System: newHost().System, HostName: name, Wanted: systemOf(newHost(), revisions()[0]).path, FileSystems: []string{"/", "/boot"}, SSH: &yes,
		HostKeys: []nixcmd.HostKey{{Type: "ed25519", Path: installedKey}}, Secrets: []nixcmd.Secret{{Name: "wifi"}},
	}, nil
}

// installedKey is where its sshd will look for its key.
const installedKey = "/etc/ssh/ssh_host_ed25519_key"
