package sshutil

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keysFile is a rule of a module that lets a key of the agent through when it
// stands in a file in the form of authorized_keys: pam_rssh, pam_ssh_agent_auth.
type keysFile struct {
	module  SudoMeans
	paths   []string // any of which will do
	command string   // asked instead of a file
	owned   bool     // the file may belong to the user
	kinds   func(kind string) bool
}

// parseAgentAuth reads the arguments of pam_ssh_agent_auth. It takes plain
// keys, none of hardware and no certificates.
func parseAgentAuth(args []string, h SudoHost) keysFile {
	k := keysFile{module: SudoByAgentAuth, kinds: func(kind string) bool {
		return slices.Contains([]string{ssh.KeyAlgoRSA, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521}, kind)
	}}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "file":
			k.paths = append(k.paths, h.expand(value))
			k.owned = k.owned || strings.HasPrefix(value, "~") || strings.Contains(value, "%h")
		case "authorized_keys_command":
			k.command = value
		case "allow_user_owned_authorized_keys_file":
			k.owned = true
		}
	}
	if len(k.paths) == 0 {
		k.paths, k.owned = []string{h.expand("~/.ssh/authorized_keys"), h.expand("~/.ssh/authorized_keys2")}, true
	}
	return k
}

// parseRssh reads the arguments of pam_rssh, which takes keys of hardware, too.
func parseRssh(args []string, h SudoHost) keysFile {
	k := keysFile{module: SudoByRssh, owned: true, kinds: func(kind string) bool { return !strings.Contains(kind, "-cert-v01@") }}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "auth_key_file":
			k.paths = []string{h.expand(value)}
		case "authorized_keys_command":
			k.command = value
		case "ssh_agent_addr":
			k.command = "the agent at " + value
		}
	}
	if len(k.paths) == 0 {
		k.paths = []string{h.expand("~/.ssh/authorized_keys")}
	}
	return k
}

// expand puts the user and the home directory in, where modules do.
func (h SudoHost) expand(path string) string {
	if rest, is := strings.CutPrefix(path, "~/"); is {
		path = h.Home + "/" + rest
	}
	return strings.NewReplacer("%h", h.Home, "%u", h.User, "$ruser", h.User, "$user", h.User).Replace(path)
}

// predict says what the module would say. env is whether SSH_AUTH_SOCK reaches
// it; a rule that cannot be read leaves that open.
func (k keysFile) predict(h SudoHost, a SudoAgent, rules sudoRules) moduleWord {
	if k.command != "" {
		return unsure("", "%s there asks a program for keys: %s", k.module, k.command)
	}
	if word := a.comesAlong(h); word.reason != "" {
		return word
	}
	if rules.read && !rules.keepsSock {
		const hint = `Keep it: security.sudo.extraConfig = "Defaults env_keep += SSH_AUTH_SOCK".`
		if rules.exact {
			return refuses(hint, "sudo there takes SSH_AUTH_SOCK away, without which %s finds no agent", k.module)
		}
		return unsure(hint, "whether sudo there keeps SSH_AUTH_SOCK, without which %s finds no agent, cannot be seen", k.module)
	}
	word := k.search(h, a)
	word.risks = k.risks(h)
	if word.answer == pamPasses && !rules.read {
		word.answer = pamUnsure
		word.reason = fmt.Sprintf("%s would let %s through, if sudo there keeps SSH_AUTH_SOCK", k.module, word.key)
	}
	return word
}

// search looks for the first key of the agent that stands in a file.
func (k keysFile) search(h SudoHost, a SudoAgent) moduleWord {
	var doubt string
	for _, key := range a.Keys {
		if key.Public == nil || !k.kinds(key.Kind) {
			continue
		}
		for _, path := range k.paths {
			f, read := h.Files[path]
			switch {
			case !read || f.Unreadable:
				doubt = "the keys that sudo there takes cannot be read: " + path
			case f.Missing:
			case f.names(key.Public):
				if how := k.refused(h, f); how != "" {
					return refuses("chown root and chmod go-w "+path+".", "%s there takes no keys from %s: %s", k.module, path, how)
				}
				return moduleWord{answer: pamPasses, key: agentName(agentKey{key.Public, key.Comment}), touch: wantsTouch(key.Public)}
			case f.Cut:
				doubt = path + " is too long to be read beforehand"
			}
		}
	}
	if doubt != "" {
		return unsure("", "%s", doubt)
	}
	return refuses("Add the public key of one to "+strings.Join(k.paths, " or ")+" there.", "no key of the agent is one that sudo there takes (%s)", strings.Join(k.paths, ", "))
}

// refused says why the module passes a file over, as far as that can be seen.
func (k keysFile) refused(h SudoHost, f HostFile) string {
	switch {
	case k.module != SudoByAgentAuth || f.Mode == 0:
		return ""
	case f.Mode&0o022 != 0:
		return "others may write it"
	case f.Owner > 0 && (!k.owned || f.Owner != h.UID):
		return "it does not belong to root"
	}
	return ""
}

func (k keysFile) risks(h SudoHost) []SudoRisk {
	var all []SudoRisk
	for _, path := range k.paths {
		f, read := h.Files[path]
		if how := f.exposed(h.User); read && how != "" && !f.Missing {
			all = append(all, SudoRisk{fmt.Sprintf("%s decides who becomes root, and %s", path, how),
				"Name a file that only root can write: whoever writes this one is root."})
		}
	}
	return all
}

// names says whether a file in the form of authorized_keys names a key. The
// modules pass over what stands before a key.
func (f HostFile) names(key ssh.PublicKey) bool {
	blob := base64.StdEncoding.EncodeToString(key.Marshal())
	return slices.ContainsFunc(f.Lines, func(line string) bool {
		line = strings.TrimLeft(line, " \t")
		return !strings.HasPrefix(line, "#") && slices.Contains(strings.Fields(line), blob)
	})
}
