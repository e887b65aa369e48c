package nixcmd

import (
	"encoding/base64"
	"reflect"
	"testing"
)

func TestParseMachines(t *testing.T) {
	hostKey := base64.StdEncoding.EncodeToString([]byte("ssh-ed25519 AAAA root@h2\n"))
	for name, c := range map[string]struct {
		file string
		want []Machine
	}{
		"all fields": {
			"ssh-ng://ops@h2 x86_64-linux,i686-linux /key 4 10 big-parallel,kvm benchmark " + hostKey + "\n",
			[]Machine{{Protocol: "ssh-ng", User: "ops", HostName: "h2", Systems: []string{"x86_64-linux", "i686-linux"}, SSHKey: "/key",
				MaxJobs: 4, SpeedFactor: 10, SupportedFeatures: []string{"big-parallel", "kvm"}, MandatoryFeatures: []string{"benchmark"},
				PublicHostKey: "ssh-ed25519 AAAA"}},
		},
		"defaults": {"h3 - - -", []Machine{{Protocol: "ssh", HostName: "h3", Systems: []string{}, MaxJobs: 1, SpeedFactor: 1,
			SupportedFeatures: []string{}, MandatoryFeatures: []string{}}}},
		"port and key in the address": {"ssh://me@h4:2222?ssh-key=/k a", []Machine{{Protocol: "ssh", User: "me", HostName: "h4", Port: 2222,
			SSHKey: "/k", Systems: []string{"a"}, MaxJobs: 1, SpeedFactor: 1, SupportedFeatures: []string{}, MandatoryFeatures: []string{}}}},
		"IPv6": {"ssh://[fe80::1]:22 a; ssh://fe80::2 a", []Machine{
			{Protocol: "ssh", HostName: "fe80::1", Port: 22, Systems: []string{"a"}, MaxJobs: 1, SpeedFactor: 1, SupportedFeatures: []string{}, MandatoryFeatures: []string{}},
			{Protocol: "ssh", HostName: "fe80::2", Systems: []string{"a"}, MaxJobs: 1, SpeedFactor: 1, SupportedFeatures: []string{}, MandatoryFeatures: []string{}},
		}},
		"nothing": {"# ssh://h1 a\n\n@/etc/nix/more\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ParseMachines(c.file); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
