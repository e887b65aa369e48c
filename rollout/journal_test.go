package rollout

import "testing"

// What journalctl -o cat shows of the unit; from systemd 257.
func TestUnitOutcome(t *testing.T) {
	const (
		starting = "Starting nixos-rebuild-switch-to-configuration.service - [systemd-run] /nix/store/x/bin/switch-to-configuration switch...\n"
		started  = "Started nixos-rebuild-switch-to-configuration.service - [systemd-run] /nix/store/x/bin/switch-to-configuration switch.\n"
		exited4  = "nixos-rebuild-switch-to-configuration.service: Main process exited, code=exited, status=4/NOPERMISSION\n"
		killed   = "nixos-rebuild-switch-to-configuration.service: Main process exited, code=killed, status=9/KILL\n"
		failed   = "nixos-rebuild-switch-to-configuration.service: Failed with result 'exit-code'.\n"
		stopping = "Stopping nixos-rebuild-switch-to-configuration.service - [systemd-run] /nix/store/x/bin/switch-to-configuration switch...\n"
		well     = "nixos-rebuild-switch-to-configuration.service: Deactivated successfully.\n"
		stopped  = "Stopped nixos-rebuild-switch-to-configuration.service - [systemd-run] /nix/store/x/bin/switch-to-configuration switch.\n"
	)
	for name, c := range map[string]struct {
		journal string
		ended   bool
		status  int
	}{
		"nothing":                    {"-- No entries --\n", false, 0},
		"still runs":                 {starting + started, false, 0},
		"well":                       {starting + started + "activating the configuration...\n" + well, true, 0},
		"units failed":               {starting + started + exited4 + failed, true, 4},
		"killed":                     {starting + started + killed + failed, true, 137},
		"stopped by somebody":        {starting + started + stopping + well + stopped, true, 143},
		"failed, and a new one runs": {starting + started + exited4 + failed + starting + started, false, 4},
		"stopped, and then well":     {starting + started + stopping + well + stopped + starting + started + well, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ended, status := unitOutcome(c.journal)
			if ended != c.ended || ended && status != c.status {
				t.Errorf("ended %v with %d, want %v with %d", ended, status, c.ended, c.status)
			}
		})
	}
}
