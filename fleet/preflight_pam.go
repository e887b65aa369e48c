package fleet

import (
	_ "embed" // for the script
	"strconv"
	"strings"

	"nixfleet-tui/sshutil"
)

//go:embed preflight_pam.sh
var pamScript []byte

// sudoHostOf is what a machine's answers tell of how sudo lets people through;
// nil when it was not asked. came says that an agent was to come along.
func sudoHostOf(a map[string]string, s Survey, came bool) *sshutil.SudoHost {
	program, asked := a["sudo"]
	if !asked {
		return nil
	}
	h := &sshutil.SudoHost{
		User: s.User, UID: uidOf(a["id"]), Home: a["home"], Groups: s.Groups, Clock: s.Reading.HostTime,
		Program: strings.TrimPrefix(program, "-"), Missing: program == "-", PAM: map[string][]string{}, Files: map[string]sshutil.HostFile{},
		Sudoers: noted(a, "sudoers"), Password: a["password"],
	}
	for key := range a {
		if service, ok := strings.CutPrefix(key, "pam "); ok {
			service, _, _ = strings.Cut(service, " ")
			if _, have := h.PAM[service]; !have && a["pam "+service+" unread"] == "" && a["pam "+service+" cut"] == "" {
				h.PAM[service] = noted(a, "pam "+service)
			}
		}
	}
	for i := 1; a["file "+strconv.Itoa(i)] != ""; i++ {
		path, f := fileOf(a, "file "+strconv.Itoa(i))
		h.Files[path] = f
	}
	for i := 1; a["sshd "+strconv.Itoa(i)] != ""; i++ {
		h.SSHD = append(h.SSHD, a["sshd "+strconv.Itoa(i)])
	}
	if _, told := a["forwarded"]; told && came {
		here := a["forwarded"] == "-1"
		h.Agent = &here
	}
	if a["sudoers cut"] != "" {
		h.Sudoers = nil
	}
	return h
}

// fileOf is a file that PAM goes by, of which answers under key tell.
func fileOf(a map[string]string, key string) (path string, f sshutil.HostFile) {
	path = framed(a[key])
	f = sshutil.HostFile{
		Lines: noted(a, key+" line"), Missing: a[key+" missing"] != "", Unreadable: a[key+" unreadable"] != "",
		Cut: a[key+" line cut"] != "", Writable: a[key+" writable"] != "", Owner: -1,
	}
	if mode, owner, ok := strings.Cut(a["mode "+path], " "); ok {
		if bits, err := strconv.ParseUint(mode, 8, 32); err == nil { // else it stays unknown
			f.Mode, f.Owner = uint32(bits), whole(owner)
		}
	}
	return path, f
}

// noted are the lines of a file that a script has noted under key; nil when
// there are none.
func noted(a map[string]string, key string) []string {
	var lines []string
	for i := 1; ; i++ {
		line, ok := a[key+" "+strconv.Itoa(i)]
		if !ok {
			return lines
		}
		lines = append(lines, framed(line))
	}
}

// framed takes off what stands around a line whose blanks may matter.
func framed(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "-"), ".") }

// uidOf is the number in what `id` prints; -1 when there is none.
func uidOf(id string) int {
	_, rest, _ := strings.Cut(id, "uid=")
	digits, _, _ := strings.Cut(rest, "(")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}
