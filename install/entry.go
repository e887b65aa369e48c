package install

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// plainName is an attribute that Nix takes without quotes.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_'-]*$`)

// fleetEntry is what fleet.nix would say of the new host.
func fleetEntry(host, address string, port int, system string, keys []HostKey) string {
	name := host
	if !plainName.MatchString(host) {
		name = nixString(host)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "hosts.%s = {\n  address = %s;\n", name, nixString(address))
	if port != 0 && port != 22 {
		fmt.Fprintf(&b, "  port = %d;\n", port)
	}
	if system != "" {
		fmt.Fprintf(&b, "  system = %s;\n", nixString(system))
	}
	if k := bestKey(keys); k != "" {
		fmt.Fprintf(&b, "  hostKey = %s;\n", nixString(k))
	}
	b.WriteString("};")
	return b.String()
}

// KnownHosts are the lines by which ssh will know the new host.
func KnownHosts(host, address string, port int, keys []HostKey) []string {
	names := host
	if address != host {
		names += "," + address
	}
	if port != 0 && port != 22 {
		names = "[" + host + "]:" + strconv.Itoa(port) + ",[" + address + "]:" + strconv.Itoa(port)
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, names+" "+k.Public)
	}
	return lines
}

// bestKey is the one to be named where only one can be.
func bestKey(keys []HostKey) string {
	for _, k := range keys {
		if strings.HasPrefix(k.Public, "ssh-ed25519 ") {
			return k.Public
		}
	}
	if len(keys) > 0 {
		return keys[0].Public
	}
	return ""
}

// nixString writes s as a string of Nix.
func nixString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `\${`).Replace(s) + `"`
}

// SplitTarget reads root@ADDRESS, root@ADDRESS:PORT or root@[V6]:PORT. The
// user may be left out; it is root in any case.
func SplitTarget(target string) (address string, port int, err error) {
	user, rest, found := strings.Cut(target, "@")
	if !found {
		user, rest = "root", target
	}
	if user != "root" {
		return "", 0, failure("Say --target root@ADDRESS; an installer lets root in once your key is in /root/.ssh/authorized_keys.", "installing needs root on the target, not %s", user)
	}
	address = strings.Trim(rest, "[]")
	if strings.Count(rest, ":") == 1 || strings.Contains(rest, "]:") {
		host, number, err := net.SplitHostPort(rest)
		n, nerr := strconv.ParseUint(number, 10, 16)
		if err != nil || nerr != nil || n == 0 {
			return "", 0, failure("Say --target root@ADDRESS or root@ADDRESS:PORT.", "the target %q cannot be read", target)
		}
		address, port = host, int(n)
	}
	if address == "" {
		return "", 0, failure("Say --target root@ADDRESS.", "the target %q names no address", target)
	}
	return address, port, nil
}
