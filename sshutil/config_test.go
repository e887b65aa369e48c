package sshutil

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

// askG is what ssh would do for host with this configuration.
func askG(t *testing.T, config, host string) settings {
	t.Helper()
	out, err := exec.Command("ssh", "-F", config, "-G", "--", host).Output()
	if err != nil {
		t.Fatal(err)
	}
	return parseSettings(out)
}

func TestConfigAgreesWithSSH(t *testing.T) {
	sshdtest.Program(t)
	dir := t.TempDir()
	person, system := filepath.Join(dir, "person's config"), filepath.Join(dir, "system")
	write(t, person, "Host web1\n  User hers\n  Port 2222\n  ServerAliveInterval 99\nHost other\n  User other\n  ConnectTimeout 3\n")
	write(t, system, "Host *\n  User system\n  Compression yes\n")
	yes, no := true, false
	c := Config{
		Hosts: []ConfigHost{
			{Name: "web1", HostName: "10.0.0.1", ForwardAgent: &yes},
			{Name: "dotted.example.org", User: "ops", Port: 24, ForwardAgent: &no},
			{Name: "six", HostName: "fe80::1%eth0"},
		},
		Includes: []string{person, system, filepath.Join(dir, "missing")},
	}
	text, err := c.Render()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "run")
	write(t, config, string(text))
	tests := []struct{ host, key, want string }{
		{"web1", "hostname", "10.0.0.1"},
		{"web1", "user", "hers"},
		{"web1", "port", "2222"},
		{"web1", "forwardagent", "yes"},
		{"web1", "serveraliveinterval", "99"},
		{"web1", "serveralivecountmax", "3"},
		{"web1", "connecttimeout", "8"},
		{"web1", "compression", "yes"},
		{"dotted.example.org", "user", "ops"},
		{"dotted.example.org", "port", "24"},
		{"dotted.example.org", "forwardagent", "no"},
		{"dotted.example.org", "serveraliveinterval", "10"},
		{"six", "hostname", "fe80::1%eth0"},
		{"six", "user", "system"},
		{"other", "user", "other"},
		{"other", "connecttimeout", "3"},
		{"other", "serveraliveinterval", "10"},
	}
	for _, tt := range tests {
		if got := askG(t, config, tt.host)[tt.key]; !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: %s is %q, want %q", tt.host, tt.key, got, tt.want)
		}
	}
}

func TestConfigRefusesWhatSSHCouldMisread(t *testing.T) {
	hosts := []ConfigHost{
		{Name: "*"}, {Name: "a b"}, {Name: "!a"}, {Name: "-a"}, {Name: ""}, {Name: "a\nHost b"}, {Name: "a,b"}, {Name: "a#b"},
		{Name: "a", HostName: "x y"}, {Name: "a", HostName: "-x"}, {Name: "a", HostName: "$(x)"},
		{Name: "a", User: "x y"}, {Name: "a", User: "x\ny"}, {Name: "a", User: "-x"}, {Name: "a", User: "a;b"},
		{Name: "a", Port: -1}, {Name: "a", Port: 65536},
	}
	for _, h := range hosts {
		text, err := Config{Hosts: []ConfigHost{h}}.Render()
		if kindOf(err) != KindConfigBad || text != nil {
			t.Errorf("%+v: %q, %v", h, text, err)
		}
	}
	for _, path := range []string{"a\nb", `a"b`, "a*", "a?"} {
		if _, err := (Config{Includes: []string{path}}).Render(); kindOf(err) != KindConfigBad {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestPersonalConfig(t *testing.T) {
	home := t.TempDir()
	own := filepath.Join(home, ".ssh", "config")
	keygenDir(t, filepath.Dir(own))
	write(t, own, "")
	var defaults []string
	for _, path := range []string{own, systemConfig} {
		if exists(path) {
			defaults = append(defaults, path)
		}
	}
	tests := []struct {
		words          string
		includes, rest []string
	}{
		{"", defaults, nil},
		{"-A -p 22", defaults, []string{"-A", "-p", "22"}},
		{"-F /x/cfg -A", []string{"/x/cfg"}, []string{"-A"}},
		{"-F/x/cfg", []string{"/x/cfg"}, nil},
		{"-AF /x/cfg", []string{"/x/cfg"}, []string{"-A"}},
		{"-F /a -F /b", []string{"/b"}, nil},
		{"-F none -v", nil, []string{"-v"}},
		{"-o F -i F -vvF/x", []string{"/x"}, []string{"-o", "F", "-i", "F", "-vv"}},
		{"-oFoo=bar", defaults, []string{"-oFoo=bar"}},
		{"-p2222 -l F", defaults, []string{"-p2222", "-l", "F"}},
	}
	for _, tt := range tests {
		includes, rest, err := PersonalConfig(strings.Fields(tt.words), home, t.TempDir())
		if err != nil || !slices.Equal(includes, tt.includes) || !slices.Equal(rest, tt.rest) {
			t.Errorf("%q: got %q and %q, want %q and %q, %v", tt.words, includes, rest, tt.includes, tt.rest, err)
		}
	}
	if includes, _, _ := PersonalConfig([]string{"-F", "relative"}, home, ""); len(includes) != 1 || !filepath.IsAbs(includes[0]) {
		t.Errorf("a relative file: %q", includes)
	}
}

func TestSplitOptions(t *testing.T) {
	words, err := SplitOptions(`-i "my key" -o 'User x' -A`)
	if want := []string{"-i", "my key", "-o", "User x", "-A"}; err != nil || !slices.Equal(words, want) {
		t.Errorf("got %q, %v", words, err)
	}
	if _, err := SplitOptions(`-i "open`); kindOf(err) != KindConfigBad {
		t.Errorf("an open quote: %v", err)
	}
	if words, err := SplitOptions(" \t"); err != nil || len(words) != 0 {
		t.Errorf("nothing: %q, %v", words, err)
	}
}
