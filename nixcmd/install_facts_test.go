package nixcmd

import (
	"strings"
	"testing"
)

// TestInstallFacts tells what a configuration does not say from what it leaves empty.
func TestInstallFacts(t *testing.T) {
	nix, here := scripted(t, noteCall+`echo '{"wanted":"/nix/store/x-system","system":"x86_64-linux","hostName":null,"fileSystems":null,"ssh":null,"hostKeys":[{"type":"rsa","path":"/keep/rsa key","bits":4096}],"loginKeys":[],"secrets":[{"name":"wifi","file":"/flake/wifi.age"}]}'`)
	f, err := nix.InstallFacts(t.Context(), "/flake", `web."1`)
	if err != nil {
		t.Fatal(err)
	}
	if f.FileSystems != nil || f.SSH != nil || f.LoginKeys == nil || len(f.LoginKeys) != 0 || f.HostKeys[0].Bits != 4096 || f.Secrets[0] != (Secret{Name: "wifi", File: "/flake/wifi.age"}) || f.Wanted == "" {
		t.Errorf("it was read as %+v", f)
	}
	if asked := calls(t, here)[0]; !strings.Contains(asked, `cs."web.\"1"`) {
		t.Errorf("it was asked %s", asked)
	}
	if got := SystemAttr("git+file:///f", "a.b"); got != `git+file:///f#nixosConfigurations."a.b".config.system.build.toplevel` {
		t.Errorf("what is built is %s", got)
	}
}
