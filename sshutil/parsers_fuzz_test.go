package sshutil

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzPAM: whatever a host's PAM and sudoers say, the forecast is the same each
// time, can be shown, and never counts on an agent that does not come along.
func FuzzPAM(f *testing.F) {
	for _, seed := range [][2]string{
		{"auth sufficient pam_ussh.so ca_file=/etc/ssh/ca.pub authorized_principals=sudoer\nauth required pam_deny.so", "%wheel ALL=(ALL:ALL) SETENV: ALL"},
		{"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so", "Defaults env_keep+=SSH_AUTH_SOCK\nops ALL=(root) NOPASSWD: ALL"},
		{"@include sudo\nauth include sudo\nauth substack sudo\nauth [success=99 default=die] pam_rssh.so auth_key_file=/k", "Defaults:ops !authenticate\n#1000 ALL=ALL\n"},
		{"auth [success=-1", "Defaults requiretty,\\\npam_service=x\x1b[2J\nUser_Alias A = ops"},
		{"-auth optional pam_ssh_agent_auth.so file=~/.ssh/%h/%u \\", "ALL ALL = (ALL) PASSWD: NOPASSWD: ALL # x"}, {"", ""}, {"auth", "=("},
	} {
		f.Add(seed[0], seed[1])
	}
	s := newSudoScene(f)
	f.Fuzz(func(t *testing.T, pam, sudoers string) {
		host := s.host
		host.PAM = map[string][]string{"sudo": strings.Split(pam, "\n")}
		host.Sudoers = strings.Split(sudoers, "\n")
		forecast := PredictSudo(host, s.agent, s.now)
		if again := PredictSudo(host, s.agent, s.now); !reflect.DeepEqual(forecast, again) {
			t.Errorf("once %+v, then %+v", forecast, again)
		}
		words := []string{forecast.Reason, forecast.Hint, forecast.Key, forecast.Miss}
		for _, r := range forecast.Risks {
			words = append(words, r.Message, r.Hint)
		}
		fitToShow(t, words...)
		if forecast.Reason == "" {
			t.Errorf("no reason: %+v", forecast)
		}
		without := PredictSudo(host, SudoAgent{Absent: "nobody sent one"}, s.now)
		if without.Outlook == SudoWillWork && without.By.Agent() {
			t.Errorf("without an agent, %q would work: %+v", pam, without)
		}
	})
}

// FuzzPrompt: whatever ssh asks, its words can be shown in a few lines, and
// what is not understood is typed unseen.
func FuzzPrompt(f *testing.F) {
	for _, seed := range []string{
		"Enter passphrase for key '/k': ", "ops@h's password: ", "Are you sure (yes/no/[fingerprint])? ", "Confirm user presence for key ED25519-SK SHA256:x",
		"Enter PIN for ED25519-SK key /k: ", "\x1b[2J\u202eOTP\r\n\n\nx", strings.Repeat("a\n", 100), "\xff",
	} {
		f.Add(seed, "")
		f.Add(seed, "confirm")
	}
	f.Fuzz(func(t *testing.T, prompt, hint string) {
		p := readPrompt(prompt, hint)
		shown := strings.Split(p.Words, "\n")
		fitToShow(t, shown...)
		if len(shown) > askpassLines {
			t.Errorf("%d lines", len(shown))
		}
		plain := []Wants{WantsHostKey, WantsYes, WantsTouch}
		if p.Wants.Hidden() == slices.Contains(plain, p.Wants) {
			t.Errorf("%q wants %q, hidden: %t", prompt, p.Wants, p.Wants.Hidden())
		}
	})
}

// FuzzOptions: whatever words ssh is given, taking -F out of them loses no other.
func FuzzOptions(f *testing.F) {
	for _, seed := range []string{"-F /x -p 22", "-AF/x", "-vvF none -o 'A b'", "-F", "-o -F", "-- -F x", "-p22 -Fa -Fb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := SplitOptions(line)
		if err != nil {
			return
		}
		file, rest := cutConfigOption(words)
		if file == nil && !slices.Equal(rest, words) {
			t.Errorf("%q became %q", words, rest)
		}
		if again, left := cutConfigOption(rest); again != nil && file == nil || len(left) > len(words) {
			t.Errorf("%q became %q, and then %q", words, rest, left)
		}
	})
}

// fitToShow fails the test if words could do something to a terminal.
func fitToShow(t *testing.T, words ...string) {
	t.Helper()
	for _, s := range words {
		unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
		if strings.ContainsFunc(s, unfit) || !utf8.ValidString(s) {
			t.Errorf("%q is not fit to show", s)
		}
	}
}
