package sshutil

import "strings"

// complaint is a text of OpenSSH's, and what it means.
type complaint struct {
	text string
	kind Kind
	hint string
}

// complaints are looked for in this order in what ssh printed.
func complaints() []complaint {
	return []complaint{
		{"REMOTE HOST IDENTIFICATION HAS CHANGED", KindHostKeyChanged, "if the host was installed anew, remove the old key with ssh-keygen -R; if not, somebody may be listening in"},
		{"REVOKED", KindHostKeyRevoked, "this key must not be used any more: give the host a new one"},
		{"host key is known for", KindHostKeyUnknown, "accept the host's key once by hand: ssh -o StrictHostKeyChecking=ask HOST true"},
		{"Host key verification failed", KindHostKeyUnknown, "accept the host's key once by hand: ssh -o StrictHostKeyChecking=ask HOST true"},
		{"too long for Unix domain socket", KindConfigBad, "use a shorter ControlPath"},
		{"Could not resolve hostname", KindDNS, "set HostName in the ssh configuration, or the host's address in fleet.nix"},
		{"Connection refused", KindRefused, "check that sshd runs there, and the port"},
		{"No route to host", KindUnreachable, "check the network or the VPN"},
		{"Network is unreachable", KindUnreachable, "check the network or the VPN"},
		{"Connection timed out", KindTimeout, "check that the host is up and no firewall drops the connection"},
		{"not responding", KindTimeout, "check that the host is up and the network reaches it"},
		{"Too many authentication failures", KindAuthTooMany, "name the right key with IdentityFile and IdentitiesOnly yes"},
		{"agent refused operation", KindAgentRefused, "check with ssh-add -T"},
		{"Permission denied (", KindAuthRejected, "check the user and the key; ssh -v HOST shows which keys are offered"},
		{"Unable to negotiate", KindNoCommonAlgo, "the host's SSH server is too old, or the allowed algorithms are too few"},
		{"Session open refused by peer", KindSessionLimit, "raise MaxSessions in its sshd"},
		{"open failed", KindSessionLimit, "raise MaxSessions in its sshd"},
		{"Bad configuration option", KindConfigBad, "correct the ssh configuration"},
		{"bad configuration options", KindConfigBad, "correct the ssh configuration"},
		{"Bad owner or permissions on", KindConfigBad, "chmod 600 the file"},
		{"kex_exchange_identification", KindTurnedAway, "its sshd may be restarting, or have too many connections; wait a little"},
		{"Connection reset by peer", KindReset, "its sshd may be restarting, or have too many connections; wait a little"},
		{"Connection closed by", KindReset, "its sshd may be restarting, or have too many connections; wait a little"},
		{"Broken pipe", KindReset, "the link was cut"},
		{"mux_client", KindExitUnknown, "the shared connection was lost"},
	}
}

// classify finds out from what ssh said why it failed; KindNone if it cannot tell.
func classify(stderr string) (Kind, string) {
	for _, c := range complaints() {
		if strings.Contains(stderr, c.text) {
			return c.kind, c.hint
		}
	}
	return KindNone, ""
}

// decisiveComplaint is the line that says why, or else the first line.
func decisiveComplaint(stderr []byte) string {
	for _, c := range complaints() {
		for line := range strings.Lines(string(stderr)) {
			if strings.Contains(line, c.text) {
				return strings.Trim(line, "@ \t\r\n")
			}
		}
	}
	return firstComplaint(stderr)
}
