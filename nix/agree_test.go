package nix_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"nixfleet-tui/fleet"
	"nixfleet-tui/nixcmd"
)

// load reads a fleet.nix as the program does.
func load(t *testing.T, path string) (*fleet.Inventory, error) {
	t.Helper()
	if _, err := exec.LookPath("nix"); err != nil {
		t.Skip("nix is missing (nix-bin in Debian)")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Load(t.Context(), &nixcmd.Nix{}, fleet.Source{File: path}, nil)
}

// written is the path of a new fleet.nix.
func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.nix")
	write(t, path, content)
	return path
}

// TestBase64 compares with what base64 really is, at every length up to a few
// groups and for every character that a line of text can hold.
func TestBase64(t *testing.T) {
	all := "\t\n\r"
	for c := ' '; c <= '~'; c++ {
		all += string(c)
	}
	var texts []string
	for length := range 10 {
		for start := 0; start+length <= len(all); start += 7 {
			texts = append(texts, all[start:start+length])
		}
	}
	texts = append(texts, all, strings.Repeat(all, 9)+"=")
	raw, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	got := evaluate[[]string](t, "--argstr", "texts", string(raw), "--expr", "{ texts }: map (import ./base64.nix) (builtins.fromJSON texts)")
	if len(got) != len(texts) {
		t.Fatalf("%d answers to %d texts", len(got), len(texts))
	}
	for i, text := range texts {
		if want := base64.StdEncoding.EncodeToString([]byte(text)); got[i] != want {
			t.Errorf("base64 of %q is %s, want %s", text, got[i], want)
		}
	}
	refused := evaluate[bool](t, "--expr", `(builtins.tryEval ((import ./base64.nix) "clé")).success`)
	if refused {
		t.Error("a text that is not ASCII was encoded")
	}
}

// hostKeys are the public halves of new keys, of the kinds that sshd has.
func hostKeys(t *testing.T) map[string]string {
	t.Helper()
	edKey, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curveKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for name, public := range map[string]any{"ed25519": edKey, "ecdsa": curveKey.Public(), "rsa": rsaKey.Public()} {
		key, err := ssh.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	}
	return keys
}

// TestHostKeyArrives follows host keys from fleet.nix through the library into
// a machines file, and back to what the program reads there.
func TestHostKeyArrives(t *testing.T) {
	file := "{ builders = {\n"
	keys := hostKeys(t)
	for name, key := range keys {
		file += name + ` = { systems = [ "x86_64-linux" ]; hostKey = "` + key + ` root@` + name + `"; };` + "\n"
	}
	path := written(t, file+"}; }\n")
	inv, err := load(t, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range machines(t, path) {
		want := keys[m.HostName]
		if m.PublicHostKey != base64.StdEncoding.EncodeToString([]byte(want+"\n")) {
			t.Errorf("the host key of %s is %s", m.HostName, m.PublicHostKey)
		}
		read, failed := nixcmd.MachinesFile{Read: func(string) ([]byte, error) {
			return []byte(m.HostName + " - - 1 1 - - " + m.PublicHostKey + "\n"), nil
		}}.Load("/etc/nix/machines")
		if len(failed) > 0 {
			t.Error(failed)
		}
		i := slices.IndexFunc(inv.Builders, func(b fleet.Builder) bool { return b.Name == m.HostName })
		if i < 0 || len(read) != 1 || read[0].PublicHostKey != want || inv.Builders[i].HostKey != want {
			t.Errorf("%s: a machines file says %+v, fleet.nix %+v, want %s", m.HostName, read, inv.Builders, want)
		}
		delete(keys, m.HostName)
	}
	if len(keys) > 0 {
		t.Errorf("no machine for %v", keys)
	}
}

// machine is an entry of nix.buildMachines.
type machine struct {
	HostName, SSHUser, SSHKey, PublicHostKey, Protocol string
	Systems, SupportedFeatures, MandatoryFeatures      []string
	MaxJobs                                            int
	SpeedFactor                                        float64
}

// machines are the builders in the fleet.nix at path, as a stranger gets them.
func machines(t *testing.T, path string) []machine {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return evaluate[[]machine](t, "--expr", `(import ./lib.nix).buildMachinesFor "a stranger" (import `+strconv.Quote(path)+`)`)
}

// TestBuildersAgree holds the machines of the library against the builders of
// the program, which would show a difference as a finding.
func TestBuildersAgree(t *testing.T) {
	for _, path := range []string{"../fleet.nix", "tests/crowded.nix", "tests/every-key.nix"} {
		t.Run(path, func(t *testing.T) {
			inv, err := load(t, path)
			if err != nil {
				t.Fatal(err)
			}
			var want []machine
			for _, b := range inv.Builders {
				m := machine{
					HostName: b.Address, SSHUser: b.SSHUser, SSHKey: b.SSHKey, Protocol: "ssh-ng", Systems: list(b.Systems),
					SupportedFeatures: list(b.SupportedFeatures), MandatoryFeatures: list(b.MandatoryFeatures),
					MaxJobs: b.MaxJobs, SpeedFactor: b.SpeedFactor,
				}
				if m.HostName == "" {
					m.HostName = b.Name
				}
				if b.HostKey != "" {
					m.PublicHostKey = base64.StdEncoding.EncodeToString([]byte(b.HostKey + "\n"))
				}
				want = append(want, m)
			}
			got := machines(t, path)
			order := func(a, b machine) int {
				return strings.Compare(a.HostName+strings.Join(a.Systems, " "), b.HostName+strings.Join(b.Systems, " "))
			}
			slices.SortFunc(got, order)
			slices.SortFunc(want, order)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the library says\n%+v, the program\n%+v", got, want)
			}
		})
	}
}

// list is never nil.
func list(items []string) []string { return append([]string{}, items...) }

// TestKeysAgree compares the keys that the library knows with those that the
// program lists when it meets one that it does not know.
func TestKeysAgree(t *testing.T) {
	known := evaluate[map[string][]string](t, "--expr", "(import ./lib.nix).keys")
	const stranger = `zzzzzzzzzzzz = 1;`
	places := map[string]string{
		"fleet":       `{ ` + stranger + ` }`,
		"defaults":    `{ defaults = { ` + stranger + ` }; }`,
		"host":        `{ hosts.h = { ` + stranger + ` }; }`,
		"builder":     `{ hosts.h.builder = { systems = [ "x86_64-linux" ]; ` + stranger + ` }; }`,
		"loneBuilder": `{ builders.b = { systems = [ "x86_64-linux" ]; ` + stranger + ` }; }`,
		"ca":          `{ ca = { ` + stranger + ` }; }`,
	}
	if len(known) != len(places) {
		t.Errorf("the library knows the keys of %d places, the program of %d", len(known), len(places))
	}
	for place, file := range places {
		_, err := load(t, written(t, file))
		var told *fleet.Error
		if !errors.As(err, &told) {
			t.Errorf("%s: an unknown key gives %v", place, err)
			continue
		}
		list, ok := strings.CutPrefix(strings.TrimSuffix(told.Hint, "."), "Known here: ")
		if !ok {
			t.Errorf("%s: the hint names no keys: %s", place, told.Hint)
		}
		program, library := strings.Split(list, ", "), slices.Clone(known[place])
		slices.Sort(program)
		slices.Sort(library)
		if !slices.Equal(program, library) {
			t.Errorf("%s: the program knows %v, the library %v", place, program, library)
		}
	}
}

// TestMistakesAgree shows both the same mistakes: neither may accept what the
// other refuses, of what both look at.
func TestMistakesAgree(t *testing.T) {
	for name, file := range map[string]string{
		"misspelled":      `{ hosts.h.buidOn = "local"; }`,
		"no systems":      `{ hosts.h.builder = { }; }`,
		"empty systems":   `{ builders.b.systems = [ ]; }`,
		"two machines":    `{ hosts.b = { }; builders.b.systems = [ "x86_64-linux" ]; }`,
		"host as string":  `{ hosts.h = "x"; }`,
		"host as null":    `{ hosts.h = null; }`,
		"hosts as list":   `{ hosts = [ ]; }`,
		"ca as string":    `{ ca = "x"; }`,
		"no host key":     `{ hosts.h.hostKey = "AAAA"; }`,
		"empty host key":  `{ hosts.h.hostKey = ""; }`,
		"no access key":   `{ builders.b = { systems = [ "x86_64-linux" ]; authorizedKey = "x"; }; }`,
		"no CA":           `{ ca.publicKey = "x"; }`,
		"no signing key":  `{ builders.b = { systems = [ "x86_64-linux" ]; signingKey = "k-1:AAAA"; }; }`,
		"nameless key":    `{ builders.b = { systems = [ "x86_64-linux" ]; signingKey = ":ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi4="; }; }`,
		"secret key":      `{ builders.b = { systems = [ "x86_64-linux" ]; signingKey = "k:ZXhhbXBsZTogc2lnbnMgbm90aGluZyBrZWx5dXMuLi5leGFtcGxlOiBzaWducyBub3RoaW5nIGtlbHl1cy4uLg=="; }; }`,
		"builder as list": `{ hosts.h.builder = [ ]; }`,
	} {
		t.Run(name, func(t *testing.T) {
			path := written(t, file)
			var told *fleet.Error
			if _, err := load(t, path); !errors.As(err, &told) {
				t.Errorf("the program says %v", err)
			}
			if found := evaluate[[]string](t, "--expr", "(import ./lib.nix).mistakes (import "+strconv.Quote(path)+")"); len(found) != 1 {
				t.Errorf("the library says %q", found)
			}
		})
	}
}
