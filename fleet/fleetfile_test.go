package fleet

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"testing"
)

const sampleFile, sampleJSON = "../fleet.nix", "../internal/demo/fleet.json"

func sample(t *testing.T) declared {
	t.Helper()
	raw, err := os.ReadFile(sampleJSON)
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseFleetFile("fleet.nix", raw)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSampleInventory(t *testing.T) {
	d := sample(t)
	if len(d.hosts) != 12 {
		t.Errorf("%d hosts, want a dozen", len(d.hosts))
	}
	features := []string{"nixos-test", "benchmark", "big-parallel", "kvm"}
	for name, want := range map[string]Builder{
		"kelyus": {Systems: []string{"x86_64-linux", "aarch64-linux"}, MaxJobs: 4, SpeedFactor: 10},
		"indri":  {Systems: []string{"x86_64-linux"}, MaxJobs: 8, SpeedFactor: 15},
		"boraha": {Systems: []string{"aarch64-linux"}, MaxJobs: 4, SpeedFactor: 20},
	} {
		b := d.hosts[name].builder
		if b == nil {
			t.Fatalf("%s is no builder", name)
		}
		if !reflect.DeepEqual(b.Systems, want.Systems) || b.MaxJobs != want.MaxJobs || b.SpeedFactor != want.SpeedFactor {
			t.Errorf("%s is %+v", name, b)
		}
		if !reflect.DeepEqual(b.SupportedFeatures, features) || b.SSHUser != "nix-builder" || b.SSHKey != "/run/agenix/builder-access" {
			t.Errorf("%s is %+v", name, b)
		}
	}
	pi := hostOf("sambirano", d)
	if pi.BuildOn != "boraha" || pi.System != "aarch64-linux" || !pi.Sudo || pi.User != "korfuri" {
		t.Errorf("sambirano is %+v", pi)
	}
	if root := hostOf("ayeaye", d); root.Sudo || root.User != "root" {
		t.Errorf("ayeaye is %+v", root)
	}
	if d.ca == nil || len(d.ca.Principals) != 1 {
		t.Errorf("ca is %+v", d.ca)
	}
}

func TestSampleJSONIsGenerated(t *testing.T) {
	program, err := exec.LookPath("nix-instantiate")
	if err != nil {
		t.Skip("nix-instantiate is missing; it comes with Nix")
	}
	cmd := exec.Command(program, "--eval", "--strict", "--json", sampleFile)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	kept, err := os.ReadFile(sampleJSON)
	if err != nil {
		t.Fatal(err)
	}
	var fromNix, fromFile any
	if err := json.Unmarshal(out, &fromNix); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(kept, &fromFile); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromNix, fromFile) {
		t.Errorf("%s differs from %s; make it anew with nix-instantiate --eval --strict --json", sampleJSON, sampleFile)
	}
}

func TestFleetFileMistakes(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u"
	secret := `k-1:` + "ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi5leGFtcGxlOiBzaWducyBub3RoaW5nIGtlbHl1cy4uLg=="
	for name, c := range map[string]struct{ file, message, hint string }{
		"misspelled key":        {`{"hosts":{"kelyus":{"buidOn":"local"}}}`, "fleet.nix: unknown key hosts.kelyus.buidOn", "Did you mean buildOn?"},
		"swapped letters":       {`{"hosts":{"h1":{"tasg":[]}}}`, "unknown key hosts.h1.tasg", "Did you mean tags?"},
		"key from nowhere":      {`{"hosts":{"h1":{"zzzzzzzz":1}}}`, "unknown key hosts.h1.zzzzzzzz", "Known here: address, port,"},
		"at the top":            {`{"host":{}}`, "unknown key host", "Did you mean hosts?"},
		"in a builder":          {`{"hosts":{"h1":{"builder":{"systems":["x86_64-linux"],"maxJob":4}}}}`, "unknown key hosts.h1.builder.maxJob", "Did you mean maxJobs?"},
		"in a lone builder":     {`{"builders":{"b":{"systems":["x86_64-linux"],"adress":"x"}}}`, "unknown key builders.b.adress", "Did you mean address?"},
		"in defaults":           {`{"defaults":{"address":"x"}}`, "unknown key defaults.address", "Known here"},
		"in ca":                 {`{"ca":{"pubKey":"x"}}`, "unknown key ca.pubKey", "Did you mean publicKey?"},
		"a name with a dot":     {`{"hosts":{"a.example.org":{"prot":22}}}`, `unknown key hosts."a.example.org".prot`, "Did you mean port?"},
		"number as string":      {`{"hosts":{"h1":{"port":"22"}}}`, "hosts.h1.port: expected a number, found a string", ""},
		"string as list":        {`{"hosts":{"h1":{"tags":"web"}}}`, "hosts.h1.tags: expected a list of strings, found a string", ""},
		"list of wrong things":  {`{"hosts":{"h1":{"tags":["a",7]}}}`, "hosts.h1.tags, item 2: expected a string, found a number", "quotes"},
		"list with null":        {`{"hosts":{"h1":{"tags":[null]}}}`, "item 1: expected a string, found null", ""},
		"flag as string":        {`{"hosts":{"h1":{"sudo":"yes"}}}`, "hosts.h1.sudo: expected true or false, found a string", ""},
		"host as string":        {`{"hosts":{"h1":"h1.lan"}}`, "hosts.h1: expected an attribute set, found a string", ""},
		"host as null":          {`{"hosts":{"h1":null}}`, "hosts.h1: expected an attribute set, found null", ""},
		"hosts as list":         {`{"hosts":[]}`, "hosts: expected an attribute set, found a list", ""},
		"the file as list":      {`[]`, "the file: expected an attribute set, found a list", ""},
		"half a port":           {`{"hosts":{"h1":{"port":22.5}}}`, "hosts.h1.port: expected a whole number, found 22.5", "fraction"},
		"port out of range":     {`{"hosts":{"h1":{"port":70000}}}`, "hosts.h1.port: expected 1 to 65535, found 70000", ""},
		"default port":          {`{"defaults":{"port":0}}`, "defaults.port: expected 1 to 65535, found 0", ""},
		"address as option":     {`{"hosts":{"h1":{"address":"-oProxyCommand=x"}}}`, "is no address", "host name"},
		"address with space":    {`{"hosts":{"h1":{"address":"a b"}}}`, "is no address", ""},
		"address with a user":   {`{"hosts":{"h1":{"address":"me@h1"}}}`, "holds a user", "user ="},
		"builder without one":   {`{"hosts":{"h1":{"builder":{}}}}`, "hosts.h1.builder: a builder needs systems", "x86_64-linux"},
		"no system":             {`{"hosts":{"h1":{"system":"Linux"}}}`, `hosts.h1.system: "Linux" is no system`, "x86_64-linux"},
		"no jobs":               {`{"builders":{"b":{"systems":["x86_64-linux"],"maxJobs":0}}}`, "builders.b.maxJobs: expected at least 1, found 0", ""},
		"no speed":              {`{"builders":{"b":{"systems":["x86_64-linux"],"speedFactor":-1}}}`, "builders.b.speedFactor: expected more than 0", ""},
		"two machines":          {`{"hosts":{"b":{}},"builders":{"b":{"systems":["x86_64-linux"]}}}`, "b stands both in hosts and in builders", "hosts.b.builder"},
		"no host key":           {`{"hosts":{"h1":{"hostKey":"AAAA"}}}`, "hosts.h1.hostKey: expected an ssh public key", ".pub"},
		"key of another length": {`{"hosts":{"h1":{"hostKey":"` + key[:60] + `"}}}`, "expected an ssh public key", ""},
		"a secret key":          {`{"builders":{"b":{"systems":["x86_64-linux"],"signingKey":"` + secret + `"}}}`, "this is the secret key", "no place for secrets"},
		"no signing key":        {`{"builders":{"b":{"systems":["x86_64-linux"],"signingKey":"k-1:AAAA"}}}`, "expected a public key for signatures", "convert-secret-to-public"},
		"frozen without reason": {`{"hosts":{"h1":{"frozen":""}}}`, "hosts.h1.frozen: the reason is missing", "Say why"},
		"a tag like a term":     {`{"hosts":{"h1":{"tags":["a,b"]}}}`, `"a,b" is no tag`, "--on @TAG"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseFleetFile("fleet.nix", json.RawMessage(c.file))
			wantMistake(t, err, c.message, c.hint)
		})
	}
}

func TestSecretKeyIsNotRepeated(t *testing.T) {
	const secret = "ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi5leGFtcGxlOiBzaWducyBub3RoaW5nIGtlbHl1cy4uLg=="
	_, err := parseFleetFile("fleet.nix", json.RawMessage(`{"builders":{"b":{"systems":["x86_64-linux"],"signingKey":"k:`+secret+`"}}}`))
	if err == nil || bytes.Contains([]byte(err.Error()), []byte(secret[:10])) {
		t.Errorf("got %v", err)
	}
}

func TestNullIsSilence(t *testing.T) {
	d, err := parseFleetFile("fleet.nix", json.RawMessage(
		`{"defaults":null,"hosts":{"h1":{"port":null,"tags":null,"frozen":null,"builder":null,"hostKey":null}},"builders":null,"ca":null}`))
	if err != nil {
		t.Fatal(err)
	}
	got := hostOf("h1", d)
	want := Host{Name: "h1", BuildOn: "target", Sudo: true, ForwardAgent: true, Substitutes: true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want the documented defaults %+v", got, want)
	}
}

func TestHostWinsOverDefaults(t *testing.T) {
	d, err := parseFleetFile("fleet.nix", json.RawMessage(`{
		"defaults": {"user":"ops","sudo":true,"port":2222,"forwardAgent":false,"substitutes":false,"buildOn":"local"},
		"hosts": {"a":{}, "b":{"user":"root","sudo":false,"port":22,"forwardAgent":true,"substitutes":true,"buildOn":"b",
			"hostKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u root@b"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	a, b := hostOf("a", d), hostOf("b", d)
	if want := (Host{Name: "a", User: "ops", Sudo: true, Port: 2222, BuildOn: "local"}); !reflect.DeepEqual(a, want) {
		t.Errorf("a is %+v", a)
	}
	if want := (Host{Name: "b", User: "root", Port: 22, ForwardAgent: true, Substitutes: true, BuildOn: "target",
		HostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV4YW1wbGU6IG5vIHN1Y2ggcHJpdmF0ZSBrZXkuLi4u"}); !reflect.DeepEqual(b, want) {
		t.Errorf("b is %+v", b)
	}
}

func TestNearest(t *testing.T) {
	for typed, want := range map[string]string{"buidOn": "buildOn", "TAGS": "tags", "prot": "port", "xyzzy": "", "": ""} {
		if got := nearest(typed, []string{"buildOn", "tags", "port"}); got != want {
			t.Errorf("nearest to %q is %q, want %q", typed, got, want)
		}
	}
}
