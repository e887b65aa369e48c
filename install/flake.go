package install

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/nixcmd"
)

// lacking is something that the flake does not say of the new host.
type lacking struct {
	refused bool // nothing can be installed so
	insist  bool // unless the person insists
	message string
	hint    string
}

// lacks is what the flake leaves open for a host that is to be installed on a
// machine. ours are the person's public keys.
func lacks(f nixcmd.InstallFacts, s survey, ours []string) []lacking {
	var all []lacking
	add := func(l lacking) { all = append(all, l) }
	if f.System != "" && !s.runs(f.System) {
		add(lacking{refused: true, message: fmt.Sprintf("the flake wants %s, and this machine is %s", f.System, s.machine),
			hint: "Set nixpkgs.hostPlatform to the machine's platform, or take another machine."})
	}
	if f.FileSystems != nil && !slices.Contains(f.FileSystems, "/") {
		add(lacking{refused: true, message: "the configuration has no root file system, so it could not boot",
			hint: "Import the hardware configuration (--hardware FILE writes it), or declare fileSystems.\"/\"."})
	}
	if f.SSH != nil && !*f.SSH {
		add(lacking{refused: true, insist: true, message: "the new host would run no SSH server",
			hint: "Set services.openssh.enable = true, or insist with --insist."})
	}
	switch {
	case f.LoginKeys == nil:
	case len(f.LoginKeys) == 0:
		add(lacking{refused: true, insist: true, message: "no user of the new host has an authorized key, so nobody could log in",
			hint: "Add yours to users.users.NAME.openssh.authorizedKeys.keys, or insist with --insist."})
	case !anyOf(f.LoginKeys, ours):
		add(lacking{message: "none of your keys (in the agent and in ~/.ssh) is among the new host's authorized keys",
			hint: "Well if a certificate lets you in; else add yours to users.users.NAME.openssh.authorizedKeys.keys."})
	}
	for _, k := range f.HostKeys {
		if !safePath(k.Path) || !slices.Contains([]string{"ed25519", "rsa", "ecdsa"}, k.Type) {
			add(lacking{refused: true, message: fmt.Sprintf("services.openssh.hostKeys has a key that cannot be made: %s at %q", k.Type, k.Path),
				hint: "Use an absolute path, and the type ed25519, rsa or ecdsa."})
		}
	}
	return all
}

// safePath is an absolute path that means the same below /mnt.
func safePath(p string) bool {
	return path.IsAbs(p) && path.Clean(p) == p && p != "/" && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' })
}

// anyOf says whether an authorized_keys line holds one of the keys.
func anyOf(lines, keys []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(line, key) })
	})
}

// hostKeys are those that the new host's sshd will look for.
func hostKeys(f nixcmd.InstallFacts) []nixcmd.HostKey {
	if len(f.HostKeys) > 0 {
		return f.HostKeys
	}
	return []nixcmd.HostKey{{Type: "ed25519", Path: "/etc/ssh/ssh_host_ed25519_key"}}
}

func (i *Installation) flakeReady(context.Context) (bool, string, error) {
	return i.facts.Wanted != "", fmt.Sprintf("%s is %s", i.Plan.Host, i.facts.System), nil
}

func (i *Installation) readFlake(ctx context.Context) error {
	facts, err := i.Nix.InstallFacts(ctx, i.Plan.Flake, i.Plan.Host)
	if err != nil {
		return explainFlake(i.Plan.Host, err)
	}
	var refused *Error
	for _, l := range lacks(facts, i.survey, i.Plan.Keys) {
		if l.refused && refused == nil {
			yes, err := i.insists(ctx, l)
			if err != nil {
				return err
			}
			if !yes {
				refused = &Error{Message: text.Line(l.message), Hint: l.hint}
				continue
			}
		}
		i.tell(TellWarn, text.Line(l.message))
		i.tell(TellNote, "hint: "+l.hint)
	}
	if refused != nil {
		return refused
	}
	i.facts = facts
	return nil
}

// insists asks whether to go on all the same, where that makes sense.
func (i *Installation) insists(ctx context.Context, l lacking) (bool, error) {
	if !l.insist || i.Plan.Insist {
		return l.insist, nil
	}
	return i.Ask(ctx, Question{Text: "Go on all the same? " + l.message + ".", Flag: "--insist", Shown: []string{l.hint}})
}

// explainFlake knows the flake that lacks the host.
func explainFlake(host string, err error) error {
	var ofNix *nixcmd.Error
	if errors.As(err, &ofNix) && strings.Contains(ofNix.Full, "attribute '"+host+"' missing") {
		return &Error{Message: text.Line("the flake has no nixosConfigurations." + host), Err: err,
			Hint: "Add it, importing the hardware configuration; `git add` new files, which the flake does not see otherwise."}
	}
	return err
}
