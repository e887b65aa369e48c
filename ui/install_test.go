package ui

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"nixfleet-tui/fleet"
	"nixfleet-tui/install"
	"nixfleet-tui/nixcmd"
)

const fosaKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEb6gmRuYkq2zqRkW4pGYyVnK0xM0LQIY3xqg8uEo4Kr"

// fosa is the new host of the tests.
func fosa() InstallRequest {
	return InstallRequest{Host: "fosa", Target: "root@192.0.2.7", Hardware: "/home/me/machines/hosts/fosa/hardware.nix", Begun: true}
}

// courseOf is a course to which this was told, by step.
func courseOf(told ...install.Telling) install.Course {
	c := install.NewCourse()
	for _, t := range told {
		c = c.With(t)
	}
	return c
}

// upTo are the tellings of a flow until a step has begun.
func upTo(step string) (all []install.Telling) {
	for _, t := range []install.Telling{
		{Step: "reach", Kind: install.TellBegin},
		{Step: "reach", Kind: install.TellNote, Text: "disk /dev/nvme0n1 931.5 GiB Samsung SSD 980"},
		{Step: "reach", Kind: install.TellDone, Text: "NixOS 25.11 (Xantusia) on x86_64, UEFI, 898.2 GiB free at /mnt"},
		{Step: "hardware", Kind: install.TellBegin},
		{Step: "hardware", Kind: install.TellDone, Text: "/home/me/machines/hosts/fosa/hardware.nix"},
		{Step: "flake", Kind: install.TellBegin},
		{Step: "flake", Kind: install.TellWarn, Text: "none of your keys (in the agent and in ~/.ssh) is among the new host's authorized keys"},
		{Step: "flake", Kind: install.TellDone, Text: "fosa is x86_64-linux"},
		{Step: "key", Kind: install.TellBegin},
		{Step: "key", Kind: install.TellDone, Text: "/etc/ssh/ssh_host_ed25519_key"},
		{Step: "secrets", Kind: install.TellBegin},
		{Step: "secrets", Kind: install.TellNote, Text: fosaKey + " root@fosa"},
		{Step: "secrets", Kind: install.TellNote, Text: "put that into agenix's secrets.nix for wifi, run `agenix --rekey`, and commit"},
		{Step: "secrets", Kind: install.TellDone, Text: "the new host's key opens all of them"},
		{Step: "build", Kind: install.TellBegin},
		{Step: "build", Kind: install.TellLog, Text: "these 41 derivations will be built:"},
		{Step: "build", Kind: install.TellLog, Text: "  /nix/store/8w1k-etc.drv"},
		{Step: "build", Kind: install.TellDone, Text: wantedPath},
		{Step: "copy", Kind: install.TellBegin},
	} {
		all = append(all, t)
		if t.Step == step && t.Kind == install.TellBegin {
			return all
		}
	}
	return all
}

// showInstall opens the place on what was begun.
func (s *stage) showInstall() {
	s.t.Helper()
	s.showFleet()
	s.backend.recalled = fosa()
	s.keys("I", "enter")
}

// showCourse shows a flow that goes on and has told this.
func (s *stage) showCourse(told []install.Telling) {
	s.t.Helper()
	s.showInstall()
	s.m.install.begin(func() {})
	s.clock = s.clock.Add(83 * time.Second)
	s.news(InstallTold{Host: "fosa", Course: courseOf(told...)})
}

func rekeyQuestion() *InstallQuestion {
	return &InstallQuestion{Number: 7, Question: install.Question{Text: "Are the secrets rekeyed and committed?", Flag: "--rekeyed",
		Shown: []string{fosaKey + " root@fosa", "put that into agenix's secrets.nix for wifi, run `agenix --rekey`, and commit"}}}
}

func installScenes() []scene {
	return []scene{
		{"install-ask", func(s *stage) { s.showFleet(); s.backend.recalled = InstallRequest{Host: "fosa"}; s.keys("I", "enter") }},
		{"install", func(s *stage) { s.showInstall() }},
		{"install-copying", func(s *stage) {
			s.showCourse(append(upTo("copy"), install.Telling{Step: "copy", Kind: install.TellLog, Text: "copying path '/nix/store/1q0z-glibc-2.42' to 'ssh://root@192.0.2.7'..."},
				install.Telling{Step: "copy", Kind: install.TellProgress, Progress: &nixcmd.Progress{CopiesDone: 212, CopiesExpected: 1408, BytesDone: 731 << 20, BytesExpected: 4 << 30}}))
		}},
		{"install-question", func(s *stage) {
			s.showCourse(upTo("secrets"))
			s.news(InstallTold{Host: "fosa", Course: courseOf(upTo("secrets")...), Question: rekeyQuestion()})
			s.advance(time.Second)
		}},
		{"install-failed", func(s *stage) {
			s.showCourse(upTo("copy"))
			s.send(installEndedMsg{fosa(), InstallEnd{Err: &fleet.Error{Message: `the connection was cut in the step "copy it into the store at /mnt": 192.0.2.7: the connection was reset`, Hint: "Run it again; it goes on there."}}})
		}},
		{"install-undo", func(s *stage) { s.showInstall(); s.keys("down", "x"); s.advance(time.Second) }},
	}
}

// The flow is begun with what is typed, and what was begun before is only shown.
func TestInstallIsAskedFor(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showFleet()
	s.backend.recalled = InstallRequest{Host: "fosa"}
	s.keys("I")
	s.sees("install host: fosa")
	s.keys("enter")
	s.sees("installer at: root@")
	s.keys("h", "enter", "enter")
	if want := `install {Host:fosa Target:root@h Hardware: Step: Undo:false Arrives:false Begun:false}`; !slices.Contains(s.backend.asked, want) {
		t.Errorf("it was asked %q, not %s", s.backend.asked, want)
	}

	s = newStage(t, 100, 30)
	s.showInstall()
	s.sees("install fosa", "root@192.0.2.7", "nixos-install")
	if n := s.count("install "); n != 0 {
		t.Errorf("%d flows were begun by looking", n)
	}
	s.keys("enter")
	if n := s.count("install "); n != 1 {
		t.Errorf("enter began %d flows", n)
	}
}

// count is how often the backend was asked what begins so.
func (s *stage) count(head string) (n int) {
	for _, asked := range s.backend.asked {
		n += boolInt(len(asked) >= len(head) && asked[:len(head)] == head)
	}
	return n
}

// A question comes up once, is answered by its own keys after a moment, and
// can be put off and taken up again.
func TestInstallAsks(t *testing.T) {
	s := newStage(t, 100, 30)
	s.play(t, "install-question")
	s.keys("esc")
	s.sees("Are the secrets rekeyed and committed?", "Press enter to answer")
	s.news(InstallTold{Host: "fosa", Course: courseOf(upTo("secrets")...), Question: rekeyQuestion()})
	if s.m.dialog != nil {
		t.Error("it came up a second time by itself")
	}
	s.keys("enter", "y", "n")
	if n := s.count("answer 7"); n != 0 {
		t.Error("a key that was typed ahead has answered")
	}
	s.advance(time.Second)
	s.keys("y")
	if n := s.count("answer 7 with true"); n != 1 || s.m.dialog != nil {
		t.Errorf("it was answered %d times", n)
	}
}

// A no is an answer, too.
func TestInstallIsRefused(t *testing.T) {
	s := newStage(t, 100, 30)
	s.play(t, "install-question")
	s.keys("n")
	if n := s.count("answer 7 with false"); n != 1 || s.m.dialog != nil {
		t.Errorf("it was answered %d times", n)
	}
}

// A question that does not wait any more goes away.
func TestInstallQuestionIsSettled(t *testing.T) {
	s := newStage(t, 100, 30)
	s.play(t, "install-question")
	s.news(InstallTold{Host: "fosa", Course: courseOf(upTo("build")...)})
	if s.m.dialog != nil {
		t.Error("the question is still there")
	}
}

// Stopping ends the flow's context, and enter goes on.
func TestInstallStops(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showCourse(upTo("copy"))
	stopped := false
	s.m.install.stop = func() { stopped = true }
	s.keys("x", "a", "t") // none of that while it goes on
	if s.m.dialog != nil || s.m.prompt != nil {
		t.Error("something else could be asked for meanwhile")
	}
	s.keys("c")
	if !stopped {
		t.Fatal("it was not stopped")
	}
	s.send(installEndedMsg{fosa(), InstallEnd{Err: &fleet.Error{Message: "interrupted"}}})
	s.sees("It was stopped.", "Press enter to go on")
	s.seesNot("at it")
}

// What has to be taken back for a step to be done again is asked first.
func TestInstallStepsAgain(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showInstall()
	s.keys("a") // looking at the installer leaves nothing behind
	if n := s.count("install {Host:fosa"); n != 1 {
		t.Errorf("it was begun %d times", n)
	}
	s.keys("j", "j", "j", "a")
	s.sees("Do it again: make the new host's key?")
	s.advance(time.Second)
	s.keys("y")
	s.keys("X")
	s.advance(time.Second)
	s.keys("y")
	asked := s.backend.asked[len(s.backend.asked)-2:]
	for i, want := range []string{"Step:key Undo:false", "Step: Undo:true"} {
		if got := asked[i]; !strings.Contains(got, want) {
			t.Errorf("it was asked %q, not %s", got, want)
		}
	}
}

// Programs that the flow needs get the terminal; a key that was accepted lets it go on.
func TestInstallHandsOver(t *testing.T) {
	s := newStage(t, 100, 30)
	s.showCourse(upTo("reach"))
	s.send(installEndedMsg{fosa(), InstallEnd{AcceptKey: exec.Command("ssh", "fosa"), Err: &fleet.Error{Message: "nobody knows the key of 192.0.2.7"}}})
	s.advance(time.Second)
	s.sees("The installer's key is not known", "Nobody knows the key of 192.0.2.7")
	s.keys("y")
	if s.count("give the terminal to ssh fosa") != 1 || s.count("install {Host:fosa") != 1 {
		t.Errorf("it was asked %q", s.backend.asked)
	}
	s.m.install.begin(func() {})
	s.send(installEndedMsg{fosa(), InstallEnd{HandOver: exec.Command("nixos-anywhere")}})
	if s.count("give the terminal to nixos-anywhere") != 1 || s.count("install {Host:fosa") != 1 {
		t.Errorf("it was asked %q", s.backend.asked)
	}
}
