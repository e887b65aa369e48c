package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"nixfleet-tui/fleet"
	"nixfleet-tui/rollout"
	"nixfleet-tui/ui"
)

// Shell implements ui.Backend.
func (b *backend) Shell(host string) (*exec.Cmd, error) {
	words, err := b.login(host)
	if err != nil {
		return nil, asFleetError(err)
	}
	return exec.Command(words[0], words[1:]...), nil
}

// AcceptKey implements ui.Backend. The question, the answer and the file are
// OpenSSH's.
func (b *backend) AcceptKey(host string) (*exec.Cmd, error) {
	words, err := b.login(host)
	if err != nil {
		return nil, asFleetError(err)
	}
	words = askForKey(words)
	return exec.Command(words[0], words[1:]...), nil
}

// login are the words that log in on a host, by what the dashboard knows of it.
func (b *backend) login(host string) ([]string, error) {
	l := b.inventory()
	if l == nil {
		return nil, noInventoryYet()
	}
	return b.World.Login(filepath.Join(b.World.CacheDir(), "ssh", sshConfigName(l.inv.Source)), host)
}

// noInventoryYet is the answer to who asks before the first inventory is there.
func noInventoryYet() error {
	return &fleet.Error{Message: "there is no inventory yet", Hint: "Try again when the hosts are on the screen."}
}

// askForKey turns a login into a question about the host's key. Ours come
// first, since ssh takes the first of its options that it sees; a connection
// that is shared already would ask nothing.
func askForKey(login []string) []string {
	words := slices.Insert(slices.Clone(login), 1, "-o", "StrictHostKeyChecking=ask", "-o", "ControlPath=none")
	return append(words, "true")
}

// loginWords is an ssh that logs in on a host by the fleet's configuration.
func loginWords(program string, options []string, config, host string) []string {
	return slices.Concat([]string{program}, options, []string{"-F", config, "--", host})
}

// ShowLog implements ui.Backend.
func (b *backend) ShowLog(in ui.LogProgram, dir, host string) (*exec.Cmd, error) {
	path := rollout.LogPath(dir, host)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &fleet.Error{Message: "there is no log of " + host + ": nothing was started there", Hint: "The run's list tells why; v shows it.", Err: err}
	} else if err != nil {
		return nil, asFleetError(err)
	}
	program, err := b.reader(in)
	if err != nil {
		return nil, err
	}
	// A shell takes the person's words apart, as it does for git and man.
	return exec.Command("/bin/sh", "-c", program+` "$1"`, "sh", path), nil
}

// reader is the person's pager or editor, in a shell's words.
func (b *backend) reader(in ui.LogProgram) (string, error) {
	wishes, usual := []string{"PAGER"}, []string{"less -R", "more"}
	if in == ui.Editor {
		wishes, usual = []string{"VISUAL", "EDITOR"}, []string{"vi", "nano"}
	}
	for _, variable := range wishes {
		if words := b.Env.Getenv(variable); words != "" {
			return words, nil
		}
	}
	for _, words := range usual {
		program, _, _ := strings.Cut(words, " ")
		if pathOf(program) != "" {
			return words, nil
		}
	}
	last := wishes[len(wishes)-1]
	return "", &fleet.Error{Message: "there is no " + string(in) + " here", Hint: "Set " + last + " to one."}
}
