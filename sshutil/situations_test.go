package sshutil

// situations is everything in which we promise to agree with OpenSSH.
func situations() []situation {
	all := append(hostKeySituations(), certificateSituations()...)
	all = append(all, loginSituations()...)
	all = append(all, userCertificateSituations()...)
	all = append(all, waySituations()...)
	return append(all, serverSituations()...)
}

func hostKeySituations() []situation {
	return []situation{
		{name: "known", known: "AT HK\n"},
		{name: "known with comment", known: "# mine\n\n\t AT HK the comment\n"},
		{name: "known among others on the line", known: "a,b,AT,c HK\n"},
		{name: "known without port", known: "127.0.0.1 HK\n"},
		{name: "hashed", known: "AT HK\n", hashed: true},
		{name: "hashed without port", known: "127.0.0.1 HK\n", hashed: true},
		{name: "hashed, another host", known: "other HK\n", hashed: true, kind: KindHostKeyUnknown},
		{name: "hashed and changed", known: "AT otherhk.pub\n", hashed: true, kind: KindHostKeyChanged},
		{name: "hashed alias", config: []string{"HostKeyAlias alias"}, known: "alias HK\n", hashed: true},
		{name: "unknown", known: "other HK\n", kind: KindHostKeyUnknown},
		{name: "no known_hosts at all", kind: KindHostKeyUnknown},
		{name: "changed", known: "AT otherhk.pub\n", kind: KindHostKeyChanged},
		{name: "changed without port", known: "127.0.0.1 otherhk.pub\n", kind: KindHostKeyUnknown},
		{name: "another type is known", known: "AT rsa.pub\n", kind: KindHostKeyChanged},
		{name: "one of two lines", known: "AT otherhk.pub\nAT HK\n"},
		{name: "changed with port, right without", known: "AT otherhk.pub\n127.0.0.1 HK\n", kind: KindHostKeyChanged},
		{name: "revoked", known: "AT HK\n@revoked * HK\n", kind: KindHostKeyRevoked},
		{name: "another key is revoked", known: "AT HK\n@revoked * otherhk.pub\n"},
		{name: "star", known: "* HK\n"},
		{name: "pattern", known: "[127.0.?.*]:* HK\n"},
		{name: "pattern that does not fit", known: "[127.1.*]:* HK\n", kind: KindHostKeyUnknown},
		{name: "negated", known: "*,!AT HK\n"},
		{name: "negated both", known: "*,!AT,!127.0.0.1 HK\n", kind: KindHostKeyUnknown},
		{name: "alias", config: []string{"HostKeyAlias alias"}, known: "alias HK\n"},
		{name: "alias only", config: []string{"HostKeyAlias alias"}, known: "AT HK\n", kind: KindHostKeyUnknown},
		{name: "alias in capitals, line in capitals", config: []string{"HostKeyAlias Alias"}, known: "Alias HK\n"},
		{name: "alias in capitals, line not", config: []string{"HostKeyAlias Alias"}, known: "alias HK\n"},
		{name: "line in capitals", config: []string{"HostKeyAlias alias"}, known: "ALIAS HK\n"},
		{name: "garbage beside it", known: "AT\n@what AT HK\nAT ssh-future AAAA\nAT ssh-ed25519 !!!!\n|1|x|y HK\nAT HK\n"},
		{name: "only garbage", known: "AT ssh-ed25519 AAAA\n", kind: KindHostKeyUnknown},
		{name: "second file", config: []string{"UserKnownHostsFile /nonexistent KNOWN"}, known: "AT HK\n"},
		{name: "global file", config: []string{"UserKnownHostsFile none", "GlobalKnownHostsFile KNOWN"}, known: "AT HK\n"},
		{name: "windows line ends", known: "AT HK x\r\n"},
		{name: "rsa key", sshd: []string{"HostKey DIR/rsahk"}, known: "AT rsa.pub\n"},
		{name: "two keys, the second known", sshd: []string{"HostKey DIR/rsahk"}, known: "AT HK\n"},
		{name: "algorithm that the host has not", config: []string{"HostKeyAlgorithms ecdsa-sha2-nistp256"}, known: "AT HK\n", kind: KindNoCommonAlgo},
	}
}

func certificateSituations() []situation {
	with := func(name string) []string { return []string{"HostCertificate DIR/" + name + "-cert.pub"} }
	return []situation{
		{name: "host certificate", sshd: with("good"), known: "@cert-authority AT hostca.pub\n"},
		{name: "host certificate, authority for all", sshd: with("good"), known: "@cert-authority * hostca.pub\n"},
		{name: "host certificate, authority without port", sshd: with("good"), known: "@cert-authority 127.0.0.1 hostca.pub\n"},
		{name: "host certificate with alias", sshd: with("good"), config: []string{"HostKeyAlias alias"}, known: "@cert-authority alias hostca.pub\n"},
		{name: "host certificate for another alias", sshd: with("good"), config: []string{"HostKeyAlias web"}, known: "@cert-authority web hostca.pub\n", kind: KindHostCertBad},
		{name: "host certificate, known by its plain key", sshd: with("good"), known: "AT HK\n"},
		{name: "authority, but no certificate", known: "@cert-authority AT hostca.pub\n", kind: KindHostKeyUnknown},
		{name: "authority's own key as host key", known: "@cert-authority AT HK\n", kind: KindHostKeyUnknown},
		{name: "expired host certificate", sshd: with("expired"), known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad},
		{name: "expired host certificate, known by its plain key", sshd: with("expired"), known: "@cert-authority AT hostca.pub\nAT HK\n"},
		{name: "expired host certificate, another plain key", sshd: with("expired"), known: "@cert-authority AT hostca.pub\nAT otherhk.pub\n", kind: KindHostKeyChanged},
		{name: "host certificate not valid yet", sshd: with("early"), known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad},
		{name: "host certificate for another name", sshd: with("elsewhere"), known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad},
		{name: "host certificate with a pattern", sshd: with("wildcard"), known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad},
		{name: "host certificate for nobody", sshd: with("nameless"), known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad,
			stricter: "a certificate without names would do for every host; OpenSSH refuses it since 10.3"},
		{name: "host certificate of another authority", sshd: with("good"), known: "@cert-authority AT otherca.pub\n", kind: KindHostCertBad},
		{name: "one of two authorities", sshd: with("good"), known: "@cert-authority AT otherca.pub\n@cert-authority AT hostca.pub\n"},
		{name: "revoked authority", sshd: with("good"), known: "@cert-authority AT hostca.pub\n@revoked * hostca.pub\n", kind: KindHostKeyRevoked},
		{name: "revoked authority, known by its plain key", sshd: with("good"), known: "@cert-authority AT hostca.pub\n@revoked AT hostca.pub\nAT HK\n", kind: KindHostKeyRevoked},
		{name: "revoked key in a certificate", sshd: with("good"), known: "@cert-authority AT hostca.pub\n@revoked * HK\n", kind: KindHostKeyRevoked},
		{name: "rsa authority", sshd: with("byrsa"), known: "@cert-authority AT rsa.pub\n"},
		{name: "ecdsa authority", sshd: with("byecdsa"), known: "@cert-authority AT ecdsa.pub\n"},
		{name: "authority of a forbidden type", sshd: with("good"), config: []string{"CASignatureAlgorithms rsa-sha2-512"}, known: "@cert-authority AT hostca.pub\n", kind: KindHostCertBad},
		{name: "hardware authority", sshd: with("bysk"), known: "@cert-authority AT SKCA\n"},
	}
}

func loginSituations() []situation {
	known := "AT HK\n"
	return []situation{
		{name: "rsa login", bare: true, config: []string{"IdentityFile DIR/rsa"}, known: known},
		{name: "ecdsa login", bare: true, config: []string{"IdentityFile DIR/ecdsa"}, known: known},
		{name: "key that the host does not know", bare: true, config: []string{"IdentityFile DIR/stranger"}, known: known, kind: KindAuthRejected},
		{name: "no key", bare: true, config: []string{"IdentityFile none"}, known: known, kind: KindAuthNoKeys},
		{name: "key file that is missing", bare: true, config: []string{"IdentityFile DIR/nowhere"}, known: known, kind: KindAuthNoKeys},
		{name: "key file with a passphrase", bare: true, config: []string{"IdentityFile DIR/locked"}, known: known, kind: KindAuthNoKeys},
		{name: "key file that others may read", bare: true, config: []string{"IdentityFile DIR/readable"}, known: known, kind: KindAuthNoKeys},
		{name: "second key file", bare: true, config: []string{"IdentityFile DIR/stranger", "IdentityFile DIR/id"}, known: known},
		{name: "agent", bare: true, agent: []string{"id"}, known: known},
		{name: "agent, second key", bare: true, agent: []string{"stranger", "id"}, known: known},
		{name: "agent with only strangers", bare: true, agent: []string{"stranger"}, known: known, kind: KindAuthRejected},
		{name: "empty agent", bare: true, agent: []string{}, known: known, kind: KindAuthNoKeys},
		{name: "agent off", bare: true, agent: []string{"id"}, config: []string{"IdentityAgent none"}, known: known, kind: KindAuthNoKeys},
		{name: "IdentitiesOnly keeps the agent's keys out", bare: true, agent: []string{"id"}, config: []string{"IdentitiesOnly yes", "IdentityFile DIR/stranger"}, known: known, kind: KindAuthRejected},
		{name: "IdentitiesOnly with a public key as selector", bare: true, agent: []string{"stranger", "id"}, config: []string{"IdentitiesOnly yes", "IdentityFile DIR/selector"}, known: known},
		{name: "IdentitiesOnly with a public key file", bare: true, agent: []string{"stranger", "id"}, config: []string{"IdentitiesOnly yes", "IdentityFile DIR/id.pub"}, known: known},
		{name: "locked file whose key is in the agent", bare: true, agent: []string{"id"}, config: []string{"IdentityFile DIR/locked"}, known: known},
		{name: "eight wrong keys", bare: true, agent: []string{"wrong0", "wrong1", "wrong2", "wrong3", "wrong4", "wrong5", "wrong6", "wrong7", "id"}, known: known, kind: KindAuthRejected},
		{name: "eight wrong keys, the right one named", agent: []string{"wrong0", "wrong1", "wrong2", "wrong3", "wrong4", "wrong5", "wrong6", "wrong7", "id"}, known: known},
		{name: "kind of key that is not accepted", config: []string{"PubkeyAcceptedAlgorithms rsa-sha2-512"}, known: known, kind: KindAuthNoKeys},
		{name: "rsa with SHA-256 only", bare: true, config: []string{"IdentityFile DIR/rsa", "PubkeyAcceptedAlgorithms rsa-sha2-256"}, known: known},
		{name: "forced command", bare: true, config: []string{"IdentityFile DIR/plain"}, known: known},
		{name: "key from elsewhere only", bare: true, config: []string{"IdentityFile DIR/open"}, known: known, kind: KindAuthRejected},
		{name: "user that does not exist", user: "nobody-of-that-name", known: known, kind: KindAuthRejected},
	}
}

func userCertificateSituations() []situation {
	known := "AT HK\n"
	with := func(name string, more ...string) []string {
		return append([]string{"IdentityFile DIR/" + name}, more...)
	}
	ops := []string{"AuthorizedPrincipalsFile DIR/principals"}
	return []situation{
		{name: "user certificate", bare: true, config: with("ucert"), known: known},
		{name: "CertificateFile", bare: true, config: with("cu", "CertificateFile DIR/ucert-cert.pub"), known: known},
		{name: "CertificateFile, key in the agent", bare: true, agent: []string{"cu"}, config: []string{"CertificateFile DIR/ucert-cert.pub"}, known: known},
		{name: "CertificateFile, key in the agent, IdentitiesOnly", bare: true, agent: []string{"cu"}, config: []string{"IdentitiesOnly yes", "IdentityFile none", "CertificateFile DIR/ucert-cert.pub"}, known: known, kind: KindAuthNoKeys},
		{name: "certificate in the agent", bare: true, agent: []string{"ucert+cert"}, known: known},
		{name: "certificate in the agent, IdentitiesOnly", bare: true, agent: []string{"ucert+cert"}, config: with("stranger", "IdentitiesOnly yes"), known: known, kind: KindAuthRejected},
		{name: "certificate in the agent, named, IdentitiesOnly", bare: true, agent: []string{"ucert+cert"}, config: []string{"IdentitiesOnly yes", "IdentityFile none", "CertificateFile DIR/ucert-cert.pub"}, known: known, kind: KindAuthNoKeys},
		{name: "certificate in the agent, beside a named key, IdentitiesOnly", bare: true, agent: []string{"ucert+cert"}, config: with("ucert", "IdentitiesOnly yes"), known: known},
		{name: "expired user certificate", bare: true, config: with("uexpired"), known: known, kind: KindAuthRejected},
		{name: "user certificate not valid yet", bare: true, config: with("uearly"), known: known, kind: KindAuthRejected},
		{name: "user certificate for somebody else", bare: true, config: with("uother"), known: known, kind: KindAuthRejected},
		{name: "user certificate for nobody", bare: true, config: with("unobody"), known: known, kind: KindAuthRejected},
		{name: "principal in a file", bare: true, sshd: ops, config: with("uops"), known: known},
		{name: "principal not in the file", bare: true, sshd: ops, config: with("ucert"), known: known, kind: KindAuthRejected},
		{name: "source-address elsewhere", bare: true, config: with("usource"), known: known, kind: KindAuthRejected},
		{name: "source-address here", bare: true, config: with("uhere"), known: known},
		{name: "force-command", bare: true, config: with("uforced"), known: known},
		{name: "unknown critical option", bare: true, config: with("ucritical"), known: known, kind: KindAuthRejected},
		{name: "certificate of another authority", bare: true, config: with("ustranger"), known: known, kind: KindAuthRejected},
		{name: "expired certificate, then a good key", bare: true, config: with("uexpired", "IdentityFile DIR/id"), known: known},
	}
}

// waySituations are ways to the host. "Host jump" and the like must stand in
// blocks of their own, after which the settings of host go on.
func waySituations() []situation {
	jump := func(name string, more ...string) []string {
		return append([]string{"ProxyJump " + name, "Host " + name, "HostName 127.0.0.1", "Port PORT", "IdentityFile DIR/id", "UserKnownHostsFile KNOWN"}, append(more, "Host host")...)
	}
	known := "AT HK\n"
	return []situation{
		{name: "jump", config: jump("a"), known: known, via: "jump a"},
		{name: "jump of jump", config: append(jump("b"), append([]string{"Host b"}, jump("a", "Host host")...)...), known: known, via: "jump a→b"},
		{name: "list of jumps", config: append(append([]string{"ProxyJump a,b"}, jump("a")...), jump("b")...), known: known, via: "jump a→b"},
		{name: "jump with user and port", config: append([]string{"ProxyJump " + "USER@a:PORT"}, jump("a")...), known: known, via: "jump USER@a:PORT"},
		{name: "jump switched off", config: append([]string{"ProxyJump none"}, jump("a")...), known: known, via: "direct"},
		{name: "jump host with unknown key", config: jump("a", "HostKeyAlias stranger"), known: known, kind: KindJump},
		{name: "jump host that does not know us", config: []string{"ProxyJump a", "Host a", "HostName 127.0.0.1", "Port PORT", "IdentityFile DIR/stranger", "UserKnownHostsFile KNOWN", "Host host"}, known: known, kind: KindJump},
		{name: "jump host that is dead", config: []string{"ProxyJump a", "Host a", "HostName 127.0.0.1", "Port 1", "UserKnownHostsFile KNOWN", "Host host"}, known: known, kind: KindJump},
		{name: "jump host that does not forward", sshd: []string{"AllowTcpForwarding no"}, config: jump("a"), known: known, kind: KindJump},
		{name: "dead host behind a jump", config: append([]string{"Port 1"}, jump("a")...), known: known, kind: KindRefused},
		{name: "jump over itself", config: []string{"ProxyJump host"}, known: known, kind: KindConfigBad, alone: true},
		{name: "proxy command", config: []string{"ProxyCommand env " + relayVariable + "=1 SELF %h:%p"}, known: known, via: "proxycommand"},
		{name: "proxy command that fails", config: []string{"ProxyCommand sh -c 'echo no way >&2; exit 3'"}, known: known, kind: KindProxy},
		{name: "proxy command that does not exist", config: []string{"ProxyCommand /nonexistent %h"}, known: known, kind: KindProxy},
		{name: "proxy command, changed key", config: []string{"ProxyCommand env " + relayVariable + "=1 SELF %h:%p"}, known: "AT otherhk.pub\n", kind: KindHostKeyChanged},
		{name: "only the program can", config: []string{"KnownHostsCommand ECHO AT HK"}, known: "", via: "openssh"},
		{name: "only the program can, and may not", config: []string{"KnownHostsCommand ECHO AT otherhk.pub"}, known: "", kind: KindHostKeyChanged},
		{name: "nothing listens", config: []string{"Port 1"}, known: known, kind: KindRefused},
		{name: "no such name", config: []string{"HostName no-such-host.invalid"}, known: known, kind: KindDNS},
		{name: "bad configuration", config: []string{"Bogus yes"}, known: known, kind: KindConfigBad},
	}
}

// Debian's user without a shell, and where it has cat, as a server wants to be told.
const (
	noLoginUser = "daemon"
	catProgram  = "/usr/bin/cat"
)

func serverSituations() []situation {
	known := "AT HK\n"
	return []situation{
		{name: "one session", sshd: []string{"MaxSessions 1"}, known: known},
		{name: "no session", sshd: []string{"MaxSessions 0"}, known: known, kind: KindSessionLimit},
		{name: "no keys taken", sshd: []string{"PubkeyAuthentication no", "PasswordAuthentication yes"}, known: known, kind: KindAuthRejected},
		{name: "a key is not enough", sshd: []string{"AuthenticationMethods publickey,password", "PasswordAuthentication yes"}, known: known, kind: KindAuthRejected},
		{name: "two keys wanted", sshd: []string{"AuthenticationMethods publickey,publickey"}, config: []string{"IdentityFile DIR/rsa"}, known: known},
		{name: "key revoked by the host", sshd: []string{"RevokedKeys DIR/revoked"}, known: known, kind: KindAuthRejected},
		{name: "user denied", sshd: []string{"DenyUsers *"}, known: known, kind: KindAuthRejected},
		{name: "three tries", sshd: []string{"MaxAuthTries 2"}, bare: true, agent: []string{"wrong0", "wrong1", "wrong2", "id"}, known: known, kind: KindAuthTooMany},
		{name: "key exchange that only the program knows", sshd: []string{"KexAlgorithms sntrup761x25519-sha512@openssh.com"}, known: known, via: "openssh"},
		{name: "message authentication that only the program knows", sshd: []string{"Ciphers aes128-ctr", "MACs umac-64@openssh.com"}, known: known, via: "openssh"},
		{name: "old server algorithms", sshd: []string{"KexAlgorithms diffie-hellman-group14-sha256", "Ciphers aes256-ctr", "MACs hmac-sha2-256"}, known: known, via: "direct"},
		{name: "banner", sshd: []string{"Banner DIR/authorized"}, known: known},
		{name: "too many that begin", sshd: []string{"MaxStartups 1:100:1", "LoginGraceTime 600"}, crowded: true, known: known, kind: KindTurnedAway},
		{name: "nologin shell", sshd: []string{"AuthorizedKeysCommand " + catProgram + " DIR/authorized", "AuthorizedKeysCommandUser root"},
			asRoot: true, user: noLoginUser, known: known, exit: 1},
		{name: "command that fails", sshd: []string{"ForceCommand exit 7"}, known: known, exit: 7},
	}
}
