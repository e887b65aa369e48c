package sshutil

import (
	"slices"
	"time"
)

// SudoHost is what one unprivileged read of a host tells of how sudo lets
// people through there. Zero means not read.
type SudoHost struct {
	Name     string    // as people call it
	User     string    // who we are there
	UID      int       // -1 when not known
	Home     string    // its directory
	Groups   []string  // that the user is in
	Clock    time.Time // the host's, at the moment that `now` is ours
	Program  string    // what `sudo -V` calls itself
	Missing  bool      // there is no sudo at all
	PAM      map[string][]string
	Files    map[string]HostFile // that rules of PAM name, by path
	Sudoers  []string            // its lines; nil: not readable, as it mostly is not
	Password string              // the state that `passwd -S` tells: "P", "L", "NP" or ""
	Agent    *bool               // whether an agent came along with a session that asked for it; nil: none asked
	SSHD     []string            // lines of sshd_config that forbid forwarding an agent
}

// HostFile is a file on a host that PAM modules go by.
type HostFile struct {
	Lines      []string
	Missing    bool
	Unreadable bool   // for our user
	Cut        bool   // it has more lines than were read
	Mode       uint32 // permission bits; 0 when not known
	Owner      int    // uid; -1 when not known
	Writable   bool   // our user may write it, or the directory that it lies in
}

// SudoAgent is the agent that goes along with a connection.
type SudoAgent struct {
	Keys    []AgentKey
	Err     error         // it could not be asked
	Absent  string        // why none goes along, as half a sentence; "" if one does
	OnDisk  []Certificate // in files, where ssh finds them and sudo does not
	Program string        // what it is, such as "gpg-agent"; "" if that is not known
}

// comesAlong says why sudo on the host will find no key of the agent; without
// a reason it may.
func (a SudoAgent) comesAlong(h SudoHost) moduleWord {
	switch {
	case a.Absent != "":
		return refuses("", "no agent goes along, and sudo there asks for one: %s", a.Absent)
	case h.Agent != nil && !*h.Agent:
		return refuses("The key or certificate that logs in may forbid it (permit-agent-forwarding, restrict), or AllowAgentForwarding in sshd_config there.",
			"the host refused to have the agent forwarded, and sudo there asks for it")
	case h.Agent == nil && a.mayLogIn(h.User) != "":
		return unsure("Sign one that permits it.", "if %s logs in, no agent goes along: it lacks permit-agent-forwarding", a.mayLogIn(h.User))
	case h.Agent == nil && len(h.SSHD) > 0:
		return unsure("Set AllowAgentForwarding yes there.", "its sshd may refuse to have the agent forwarded: %s", h.SSHD[0])
	case a.Err != nil:
		return unsure("", "the agent did not answer: %s", a.Err)
	case len(a.Keys) == 0:
		return refuses("Load a key and its certificate with ssh-add, or make one with `nixfleet-tui cert sign`.", "the agent holds no keys")
	}
	return moduleWord{}
}

// mayLogIn is a certificate that may log a user in and does not let the agent
// come along, or "".
func (a SudoAgent) mayLogIn(user string) string {
	for _, k := range a.Keys {
		cert := k.certificate()
		if cert == nil || !slices.Contains(cert.ValidPrincipals, user) {
			continue
		}
		if _, permits := cert.Extensions["permit-agent-forwarding"]; !permits {
			return certName(cert)
		}
	}
	return ""
}

// HoldsCertificates says whether agents of a kind take certificates.
func HoldsCertificates(program string) bool { return program != "gpg-agent" }

// exposed says how others than root could write the file, or "".
func (f HostFile) exposed(user string) string {
	switch {
	case f.Writable:
		return user + " may write it"
	case f.Mode&0o002 != 0:
		return "everybody may write it"
	case f.Mode != 0 && f.Owner > 0:
		return "it does not belong to root"
	case f.Mode&0o020 != 0:
		return "a group may write it"
	}
	return ""
}

// member says whether the user is in a group there.
func (h SudoHost) member(group string) bool { return slices.Contains(h.Groups, group) }
