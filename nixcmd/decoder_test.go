package nixcmd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzSplitPoints: where the bytes of a log are split must not change what is
// read, and no byte may make the decoder fail.
func FuzzSplitPoints(f *testing.F) {
	logs, err := filepath.Glob("testdata/log/*.log")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range logs {
		log, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(log, uint16(7))
	}
	f.Add([]byte("a\r\nb\rc\n@nix {\"action\":\"result\",\"fields\":[],\"id\":,\"type\":}\n\xff\xfe"), uint16(1))
	f.Add([]byte("x@nix {\"action\":\"msg\",\"msg\":\"error: builder for '/nix/store/\"}\n@nix \n@nix {\n@nix null\n@nix [1]"), uint16(3))
	f.Add([]byte(`@nix {"action":"result","fields":["\"],"id":1,"type":101}`+"\n@nix {\"action\":\"result\",\"fields\":[\"a\",\"b\"],\"id\":1,\"type\":101}"), uint16(2))
	f.Fuzz(func(t *testing.T, log []byte, size uint16) {
		whole := decode(string(log), func(s string) []string { return []string{s} })
		split := decode(string(log), func(s string) []string {
			var pieces []string
			for chunk := range slices.Chunk([]byte(s), int(size%100)+1) {
				pieces = append(pieces, string(chunk))
			}
			return pieces
		})
		// Only the way there may differ: more looks see more phases.
		if _, a, _ := strings.Cut(whole, "\n"); !strings.HasSuffix(split, a) {
			t.Errorf("whole:\n%s\nsplit:\n%s", whole, split)
		}
	})
}

// dec decodes a log and returns the decoder and the readable form.
func dec(action Action, lines ...string) (*LogDecoder, string) {
	d := NewLogDecoder(action, noon)
	readable := d.Write(nil, []byte(strings.Join(lines, "\n")))
	return d, string(d.Close(readable))
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("é", maxLine) // twice as many bytes
	_, readable := dec(Switch, long, "next")
	first, rest, _ := strings.Cut(readable, "\n")
	if len(first) > maxLine || len(first) < maxLine-4 || strings.Trim(first, "é") != "" {
		t.Errorf("a long line is cut to %d bytes, ending in %q", len(first), first[len(first)-8:])
	}
	if rest != "next\n" {
		t.Errorf("after it comes %q", rest)
	}
	exact := strings.Repeat("x", maxLine)
	if _, readable := dec(Switch, exact); readable != exact+"\n" {
		t.Errorf("a line of exactly the limit has %d bytes left", len(readable)-1)
	}
	huge := `@nix {"action":"msg","msg":"` + strings.Repeat("y", maxRaw) + `"}`
	if _, readable := dec(Switch, huge, "next"); !strings.HasSuffix(readable, "\nnext\n") || len(readable) > maxLine+10 {
		t.Errorf("a huge message leaves %d bytes", len(readable))
	}
}

func TestReadableIsSafe(t *testing.T) {
	_, readable := dec(Switch,
		"\x1b]0;title\a\x1b[2Jgone \xff",
		`@nix {"action":"msg","msg":"a\u001b[2Jb"}`,
		`@nix {"action":"start","fields":["/nix/store/075jlwb0ilsvcrfhpmsdg6p1xg057jbg-\u001b[2Jx.drv"],"id":1,"type":105}`,
		`@nix {"action":"result","fields":["a\u001b[2Jb\u001b[31mred"],"id":1,"type":101}`,
		`@nix {"action":"result","fields":["a\nb"],"id":1,"type":101}`)
	for _, bad := range []string{"\x1b]", "\x1b[2J", "\a", "\xff"} {
		if strings.Contains(readable, bad) {
			t.Errorf("%q survived in %q", bad, readable)
		}
	}
	if !strings.Contains(readable, "\x1b[31mred\x1b[0m\n") {
		t.Errorf("colour did not survive in %q", readable)
	}
	if n := strings.Count(readable, "\n"); n != 4 {
		t.Errorf("%d lines: %q", n, readable)
	}
}

func TestTwoProcessesOnOneLine(t *testing.T) {
	d, readable := dec(Switch, `Warning: Permanently added 'h1'@nix {"action":"msg","msg":"this derivation will be built:"}`)
	if readable != "Warning: Permanently added 'h1'\nthis derivation will be built:\n" {
		t.Errorf("got %q", readable)
	}
	if d.Progress().BuildsExpected != 1 {
		t.Error("the message in the middle of the line was not read")
	}
}

const (
	fooDrv = "/nix/store/075jlwb0ilsvcrfhpmsdg6p1xg057jbg-foo-1.0.drv"
	barDrv = "/nix/store/i29n5jpvviy47q3zbszh344rgfj8p5m9-bar.drv"
)

func startBuild(id int, drv, machine string, parent int) string {
	return fmt.Sprintf(`@nix {"action":"start","fields":[%q,%q,1,1],"id":%d,"level":3,"parent":%d,"text":"building '%s'","type":105}`, drv, machine, id, parent, drv)
}

func TestTwinsAreOneBuild(t *testing.T) {
	at := noon()
	d := NewLogDecoder(Switch, func() time.Time { at = at.Add(time.Second); return at })
	log := []string{
		`@nix {"action":"start","id":1,"level":0,"parent":0,"text":"","type":102}`,
		`@nix {"action":"start","id":2,"level":0,"parent":0,"text":"","type":104}`,
		`@nix {"action":"result","fields":[0,2,1,0],"id":2,"type":105}`,
		startBuild(3, fooDrv, "ssh-ng://nix@build04", 0),
		`@nix {"action":"start","id":4,"level":0,"parent":1,"text":"","type":102}`,
		`@nix {"action":"start","id":5,"level":0,"parent":1,"text":"","type":104}`,
		`@nix {"action":"result","fields":[0,1,1,0],"id":5,"type":105}`,
		startBuild(6, fooDrv, "", 1),
		`@nix {"action":"result","fields":["buildPhase"],"id":6,"type":104}`,
		`@nix {"action":"result","fields":["cc foo.c"],"id":6,"type":101}`,
		"",
	}
	readable := string(d.Write(nil, []byte(strings.Join(log, "\n"))))
	want := Progress{
		BuildsExpected: 2, Building: []string{"foo-1.0"},
		Builds: []RunningBuild{{Name: "foo-1.0", Machine: "ssh-ng://nix@build04", Step: "buildPhase", Since: noon().Add(3 * time.Second)}},
	}
	if got := d.Progress(); asJSON(got) != asJSON(want) {
		t.Errorf("progress is %s, want %s", asJSON(got), asJSON(want))
	}
	if strings.Count(readable, "building 'foo-1.0'") != 1 || !strings.Contains(readable, "foo-1.0> cc foo.c\n") {
		t.Errorf("readable is %q", readable)
	}
	d.Write(nil, []byte(`@nix {"action":"stop","id":6}`+"\n"+`@nix {"action":"stop","id":3}`+"\n"+
		`@nix {"action":"result","fields":[1,2,0,0],"id":2,"type":105}`+"\n"))
	if got := d.Progress(); got.BuildsDone != 1 || got.BuildsExpected != 2 || len(got.Builds) != 0 {
		t.Errorf("afterwards progress is %s", asJSON(got))
	}
}

func TestProgressAddsUp(t *testing.T) {
	d, _ := dec(Build,
		`@nix {"action":"start","id":1,"type":102}`,
		`@nix {"action":"result","fields":[100,1000],"id":1,"type":106}`,
		`@nix {"action":"start","id":2,"type":103}`,
		`@nix {"action":"result","fields":[0,3,1,0],"id":2,"type":105}`,
		`@nix {"action":"start","fields":["/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-a","https://c","local"],"id":3,"type":100}`,
		`@nix {"action":"result","fields":[300,400,0,0],"id":3,"type":105}`,
		`@nix {"action":"stop","id":3}`,
		`@nix {"action":"result","fields":[1,3,1,0],"id":2,"type":105}`,
		`@nix { "action": "start", "fields": ["/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-b","https://c","local"], "id": 4, "type": 100 }`,
		`@nix { "action": "result", "fields": [50, 400, 0, 0], "id": 4, "type": 105 }`,
	)
	got := d.Progress()
	if got.CopiesDone != 1 || got.CopiesExpected != 3 || got.BytesDone != 350 || got.BytesExpected != 1000 || got.Download != "b" {
		t.Errorf("got %s", asJSON(got))
	}
}

func TestLostStopIsMended(t *testing.T) {
	d, _ := dec(Build, startBuild(1, fooDrv, "", 0), startBuild(1, barDrv, "", 0))
	if got := d.Progress().Building; !slices.Equal(got, []string{"bar"}) {
		t.Errorf("building %v", got)
	}
}

func TestProfileCommand(t *testing.T) {
	build := []string{
		"copying 0 paths...",
		`@nix {"action":"start","id":1,"type":102}`,
		startBuild(2, fooDrv, "", 0), `@nix {"action":"stop","id":2}`,
	}
	built := append(slices.Clone(build), `@nix {"action":"stop","id":1}`)
	for _, c := range []struct {
		name   string
		action Action
		log    []string
		want   bool
	}{
		{"nothing yet", Switch, nil, false},
		{"realised to evaluate", Switch, built[1:], false},
		{"still realising", Switch, build, false},
		{"built: the next step prints nothing", Switch, built, true},
		{"built, but only that was asked", Build, built, false},
		{"copying what was built here", Switch, append(slices.Clone(built), "copying 1 paths...", "copying path '/nix/store/x' to 'ssh://h1'..."), false},
		{"announced by -v", Boot, []string{"debug: nixos_rebuild.process: calling run with args=['ssh', 'h1', '--', 'sudo', 'nix-env', '-p', '/nix/var/nix/profiles/system', '--set', '/nix/store/x']"}, true},
		{"failed before", Switch, append(slices.Clone(built), "error: something"), false},
		{"nothing built here", Switch, []string{"copying 0 paths...", `@nix {"action":"start","id":1,"type":102}`, `@nix {"action":"stop","id":1}`}, true},
		{"only shown", DryActivate, []string{"would restart the following units: a.service"}, false},
		{"activating", Test, []string{"activating the configuration..."}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := dec(c.action, c.log...)
			if got := d.Findings().ProfileCommand; got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestOnlyTheFailedBuildsLogIsDecisive(t *testing.T) {
	log := []string{startBuild(1, fooDrv, "", 0), startBuild(2, barDrv, "", 0)}
	for i := range 40 {
		log = append(log,
			fmt.Sprintf(`@nix {"action":"result","fields":["foo %d"],"id":1,"type":101}`, i),
			fmt.Sprintf(`@nix {"action":"result","fields":["bar %d"],"id":2,"type":101}`, i))
	}
	log = append(log, `@nix {"action":"stop","id":1}`,
		fmt.Sprintf(`@nix {"action":"msg","level":0,"msg":"error: builder for '%s' failed with exit code 2;\n       last 10 log lines:\n       > foo 39"}`, fooDrv))
	d, _ := dec(Switch, log...)
	got := d.Findings().Decisive
	if len(got) != 1+tailLines || got[0] != "builder for 'foo-1.0' failed with exit code 2" || got[1] != "foo-1.0> foo 15" || got[25] != "foo-1.0> foo 39" {
		t.Errorf("got %d lines: %q", len(got), got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	d := NewLogDecoder(Build, noon)
	line := strings.Repeat("z", 4000)
	var readable []byte
	for i := range 3 * maxActivities {
		drv := fmt.Sprintf("/nix/store/075jlwb0ilsvcrfhpmsdg6p1xg057jbg-p%d.drv", i)
		readable = d.Write(readable[:0], []byte(startBuild(i, drv, "", 0)+"\n"))
		for range 3 {
			readable = d.Write(readable[:0], fmt.Appendf(nil, `@nix {"action":"result","fields":["%s"],"id":%d,"type":101}`+"\n", line, i))
		}
		readable = d.Write(readable[:0], []byte("error: trouble number "+fmt.Sprint(i)+"\n"))
	}
	if n := len(d.work.live); n > maxActivities {
		t.Errorf("%d activities are kept", n)
	}
	if n := len(d.work.tails.of); n > maxTails {
		t.Errorf("%d tails are kept", n)
	}
	if n := len(d.Findings().Decisive); n > maxDecisive {
		t.Errorf("%d decisive lines", n)
	}
}

func TestHints(t *testing.T) {
	for line, want := range map[string]string{
		"nixos-rebuild: error: unrecognized arguments: --bogus":                                     "what follows -- goes to nixos-rebuild",
		"/run/current-system/sw/bin/nixos-rebuild: unknown option `--bogus'":                        "what follows -- goes to nixos-rebuild",
		"ops@10.0.0.1: Permission denied (publickey).":                                              "ssh was refused",
		"ssh: connect to host h1 port 22: Connection refused":                                       "nothing listens",
		"client_loop: send disconnect: Broken pipe":                                                 "the connection broke",
		"Connection to 10.0.0.1 closed by remote host.":                                             "the connection broke",
		"error: writing to file: No space left on device":                                           "a disk is full",
		"Could not acquire lock":                                                                    "somebody else is switching",
		"error: a 'aarch64-linux' with features {} is required to build 'x'":                        "nobody here can build",
		"error: Failed to find a machine for remote build!":                                         "no builder offers",
		"sudo: ana : user is not in the sudoers file.":                                              "this user may not use sudo",
		"@@@ IT IS POSSIBLE: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@":                           "the host shows another key",
		"error: while running command with remote sudo, did you forget to use --ask-sudo-password?": "",
		"something that nobody knows":                                                               "",
	} {
		d, _ := dec(Switch, line)
		if got := d.Findings().Hint; !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: hint %q, want %q…", line, got, want)
		}
	}
}

func TestClosedIsNotLost(t *testing.T) {
	for line, want := range map[string]bool{
		"Connection to 10.0.0.1 closed.":                              false, // how ssh with a terminal always ends
		"Shared connection to 10.0.0.1 closed.":                       false,
		"kex_exchange_identification: read: Connection reset by peer": false,
		"Timeout, server 10.0.0.1 not responding.":                    true,
	} {
		d, _ := dec(Switch, line)
		if got := d.Findings().LostConnection; got != want {
			t.Errorf("%q: lost is %v", line, got)
		}
	}
}
