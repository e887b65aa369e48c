package sshutil

import (
	"slices"
	"strings"
)

// sudoRules is what a sudoers file says of one user who wants to be root.
type sudoRules struct {
	read      bool   // there was something to read
	allowed   bool   // some rule lets the user run everything as root
	free      bool   // without a question
	exact     bool   // every line was understood
	otherUser string // a setting by which somebody else's password is asked: "targetpw"
	tty       bool   // it wants a terminal
	keepsSock bool   // SSH_AUTH_SOCK survives: PAM modules written in C and Rust find the agent
	service   string // of PAM, if it is another than usual
}

// readSudoers looks for a user's rules. The last one that fits wins, as in
// sudoers(5). Aliases, hosts other than ALL and lists of commands are beyond
// it: then it is not exact.
func readSudoers(lines []string, user string, groups []string) sudoRules {
	r := sudoRules{exact: true, read: len(lines) > 0}
	authenticate := true
	for _, line := range joinSudoers(lines) {
		first, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(first, "Defaults"):
			r.setting(first, rest, user, groups, &authenticate)
		case strings.HasSuffix(first, "_Alias"), first == "@include", first == "@includedir":
			r.exact = false
		default:
			r.rule(line, user, groups)
		}
	}
	r.free = r.free || r.allowed && !authenticate
	return r
}

// joinSudoers are the lines that say something, with continued ones put
// together, comments taken off, and blanks made single.
func joinSudoers(lines []string) []string {
	var all []string
	open := ""
	for _, line := range lines {
		line = open + line
		open = ""
		if cut, continued := strings.CutSuffix(line, "\\"); continued {
			open = cut + " "
			continue
		}
		trimmed := strings.TrimSpace(line)
		for _, old := range []string{"#include ", "#includedir "} {
			if strings.HasPrefix(trimmed, old) {
				trimmed = "@" + trimmed[1:]
			}
		}
		if at := strings.IndexByte(trimmed, '#'); at == 0 && !isUID(trimmed) || at > 0 && (trimmed[at-1] == ' ' || trimmed[at-1] == '\t') {
			trimmed = trimmed[:at]
		}
		if words := strings.Fields(trimmed); len(words) > 0 {
			all = append(all, strings.Join(words, " "))
		}
	}
	return all
}

// isUID says whether a line that begins like a comment names a user by number.
func isUID(line string) bool { return len(line) > 1 && line[1] >= '0' && line[1] <= '9' }

// setting takes a line of Defaults. One that may or may not hold here is no
// matter unless it could decide something.
func (r *sudoRules) setting(scope, text, user string, groups []string, authenticate *bool) {
	of := strings.TrimPrefix(scope, "Defaults")
	holds, sure := of == "", true
	switch users, isUsers := strings.CutPrefix(of, ":"); {
	case isUsers:
		holds, sure = fitsUser(users, user, groups)
	case !holds:
		sure = false // for some hosts, commands or users to become
	}
	for one := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		taken := strings.HasSuffix(strings.TrimSpace(name), "-")
		name, value = strings.TrimRight(strings.TrimSpace(name), "+- "), strings.Trim(strings.TrimSpace(value), `"`)
		off := strings.HasPrefix(name, "!")
		name = strings.TrimSpace(strings.TrimPrefix(name, "!"))
		switch {
		case !sure:
			r.exact = r.exact && !slices.Contains([]string{"authenticate", "targetpw", "rootpw", "runaspw", "requiretty", "pam_service", "exempt_group"}, name)
		case holds:
			r.set(name, value, off, taken, authenticate)
		}
	}
}

// set is one setting that holds for us.
func (r *sudoRules) set(name, value string, off, taken bool, authenticate *bool) {
	switch name {
	case "authenticate":
		*authenticate = !off
	case "targetpw", "rootpw", "runaspw":
		r.otherUser = name
		if off {
			r.otherUser = ""
		}
	case "requiretty":
		r.tty = !off
	case "env_keep":
		if slices.Contains(strings.Fields(value), "SSH_AUTH_SOCK") {
			r.keepsSock = !taken && !off
		}
	case "env_reset":
		r.keepsSock = r.keepsSock || off
	case "pam_service":
		r.service = value
	case "exempt_group":
		r.exact = false
	}
}

// rule takes a line that says who may do what.
func (r *sudoRules) rule(line, user string, groups []string) {
	who, what, found := strings.Cut(line, "=")
	words := strings.Fields(who)
	if !found || len(words) < 2 {
		r.exact = false
		return
	}
	fits, sure := fitsUser(strings.Join(words[:len(words)-1], " "), user, groups)
	r.exact = r.exact && sure
	if !fits {
		return
	}
	if words[len(words)-1] != "ALL" {
		r.exact = false // this host, or another
		return
	}
	asRoot, rest := runsAsRoot(strings.TrimSpace(what))
	if !asRoot {
		return
	}
	free := false
	for {
		tag, after, tagged := strings.Cut(rest, ":")
		if !tagged || strings.ContainsAny(tag, " /,=") || tag != strings.ToUpper(tag) {
			break
		}
		switch tag {
		case "NOPASSWD":
			free = true
		case "PASSWD":
			free = false
		}
		rest = strings.TrimSpace(after)
	}
	if rest != "ALL" {
		r.exact = false // some commands only, or a list of them
		return
	}
	r.allowed, r.free = true, free
}

// runsAsRoot takes "(ALL:ALL)" off, which says as whom.
func runsAsRoot(what string) (yes bool, rest string) {
	inner, isList := strings.CutPrefix(what, "(")
	if !isList {
		return true, what
	}
	as, rest, _ := strings.Cut(inner, ")")
	users, _, _ := strings.Cut(as, ":")
	for one := range strings.SplitSeq(users, ",") {
		switch strings.TrimSpace(one) {
		case "ALL", "root", "#0":
			yes = true
		}
	}
	return yes, strings.TrimSpace(rest)
}

// fitsUser says whether a list of users means ours. An alias, a netgroup or a
// number may or may not.
func fitsUser(list, user string, groups []string) (fits, sure bool) {
	sure = true
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		name := strings.TrimLeft(one, "!")
		negated := (len(one)-len(name))%2 == 1
		group, isGroup := strings.CutPrefix(name, "%")
		switch {
		case name == "ALL", name == user, isGroup && slices.Contains(groups, group):
			fits = !negated
		case strings.HasPrefix(name, "+"), strings.HasPrefix(name, "#"), strings.HasPrefix(group, "#"), strings.HasPrefix(group, ":"),
			name != "" && name == strings.ToUpper(name) && name != strings.ToLower(name) && !isGroup:
			sure = false
		}
	}
	return fits, sure
}
