package sshutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

// situation is a person's configuration and a server. We and OpenSSH must
// both get in, or both stay out.
type situation struct {
	name   string
	sshd   []string // lines of the server's configuration; DIR stands for the directory of keys
	config []string // lines of the person's configuration, before the usual ones
	known  string   // known_hosts: HK is the server's plain key, AT its name there, other keys by NAME.pub
	agent  []string // keys in the agent
	bare   bool     // no IdentityFile but what config names
	user   string   // login name; default ours
	kind   Kind     // KindNone: both get in
	via    string   // default "direct"

	// stricter says why we stay out where OpenSSH gets in, or the other way round.
	stricter string
	looser   string
	alone    bool // OpenSSH would start itself for ever: it is not asked

	hashed  bool // known_hosts is, by ssh-keygen
	crowded bool // somebody holds the only connection that the server lets begin
	asRoot  bool // only root can run a server that others log in on
	exit    int  // status of the command, for both
}

// ring is a directory of keys and certificates that all situations share.
type ring struct {
	t       *testing.T // the test that the servers live as long as
	dir     string
	servers map[string]*sshd
	skca    string // public key of a hardware authority
}

func newRing(t *testing.T) *ring {
	t.Helper()
	sshdtest.Program(t)
	r := &ring{t: t, dir: t.TempDir(), servers: map[string]*sshd{}}
	for _, name := range []string{"hk", "otherhk", "hostca", "otherca", "userca", "id", "stranger", "plain", "cu", "open"} {
		sshdtest.NewKey(t, r.dir, name, "ed25519")
	}
	sshdtest.NewKey(t, r.dir, "rsa", "rsa")
	sshdtest.NewKey(t, r.dir, "ecdsa", "ecdsa")
	sshdtest.Keygen(t, "-t", "ed25519", "-N", "secret", "-f", filepath.Join(r.dir, "locked"))
	for i := range 8 {
		sshdtest.NewKey(t, r.dir, "wrong"+strconv.Itoa(i), "ed25519")
	}
	for to, from := range map[string]string{"rsahk": "rsa", "readable": "id", "selector": "id"} {
		r.copy(t, from, to)
		r.copy(t, from+".pub", to+".pub")
	}
	if err := os.Chmod(filepath.Join(r.dir, "readable"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.dir, "selector")); err != nil {
		t.Fatal(err)
	}
	r.certificates(t)
	r.hardwareCertificate(t)
	var authorized string
	for _, key := range []string{"id", "rsa", "ecdsa", "locked"} {
		authorized += read(t, filepath.Join(r.dir, key+".pub"))
	}
	authorized += `command="echo forced" ` + read(t, filepath.Join(r.dir, "plain.pub"))
	authorized += `from="10.9.9.9" ` + read(t, filepath.Join(r.dir, "open.pub"))
	write(t, filepath.Join(r.dir, "authorized"), authorized)
	write(t, filepath.Join(r.dir, "revoked"), read(t, filepath.Join(r.dir, "id.pub")))
	write(t, filepath.Join(r.dir, "principals"), "ops\n")
	return r
}

func (r *ring) copy(t *testing.T, from, to string) {
	t.Helper()
	write(t, filepath.Join(r.dir, to), read(t, filepath.Join(r.dir, from)))
}

// certificates signs what the situations need. A host certificate CERT belongs
// to hk and is CERT-cert.pub; a user certificate belongs to a copy of cu.
func (r *ring) certificates(t *testing.T) {
	t.Helper()
	host := map[string][]string{
		"good":      {"-s", "hostca", "-n", "127.0.0.1,alias"},
		"expired":   {"-s", "hostca", "-n", "127.0.0.1", "-V", "-2d:-1d"},
		"early":     {"-s", "hostca", "-n", "127.0.0.1", "-V", "+1d:+2d"},
		"elsewhere": {"-s", "hostca", "-n", "other.example.org"},
		"wildcard":  {"-s", "hostca", "-n", "127.0.0.*"},
		"nameless":  {"-s", "hostca"},
		"byrsa":     {"-s", "rsa", "-n", "127.0.0.1"},
		"byecdsa":   {"-s", "ecdsa", "-n", "127.0.0.1"},
	}
	for name, args := range host {
		r.copy(t, "hk.pub", name+".pub")
		r.sign(t, append(args, "-h", "-I", name, name+".pub"))
	}
	me := me(t)
	users := map[string][]string{
		"ucert":     {"-n", me},
		"uexpired":  {"-n", me, "-V", "-2d:-1d"},
		"uearly":    {"-n", me, "-V", "+1d:+2d"},
		"uother":    {"-n", "somebody"},
		"uops":      {"-n", "ops"},
		"unobody":   {},
		"usource":   {"-n", me, "-O", "source-address=10.0.0.0/8"},
		"uhere":     {"-n", me, "-O", "source-address=127.0.0.0/8"},
		"uforced":   {"-n", me, "-O", "force-command=echo forced"},
		"ucritical": {"-n", me, "-O", "critical:unheard-of@example.org=x"},
	}
	for name, args := range users {
		r.copy(t, "cu", name)
		r.copy(t, "cu.pub", name+".pub")
		r.sign(t, append(append([]string{"-s", "userca"}, args...), "-I", name, name+".pub"))
	}
	r.copy(t, "cu", "ustranger")
	r.copy(t, "cu.pub", "ustranger.pub")
	r.sign(t, []string{"-s", "otherca", "-n", me, "-I", "ustranger", "ustranger.pub"})
}

// sign runs ssh-keygen in the directory.
func (r *ring) sign(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %v: %v: %s", args, err, out)
	}
}

// server starts the server of a situation, or finds it running.
func (r *ring) server(lines []string) *sshd {
	r.t.Helper()
	key := strings.Join(lines, "\n")
	if s := r.servers[key]; s != nil {
		return s
	}
	var all []string
	for _, line := range lines {
		all = append(all, strings.ReplaceAll(line, "DIR", r.dir))
	}
	all = append(all, "AuthorizedKeysFile "+r.dir+"/authorized", "TrustedUserCAKeys "+r.dir+"/userca.pub")
	s := sshdtest.StartIn(r.t, r.dir, all...)
	r.servers[key] = s
	return s
}

// person writes the configuration of a situation.
func (r *ring) person(t *testing.T, s situation, server *sshd) (config, known string) {
	t.Helper()
	dir := t.TempDir()
	config, known = filepath.Join(dir, "config"), filepath.Join(dir, "known")
	login := s.user
	if login == "" {
		login = me(t)
	}
	lines := s.config
	if !s.bare {
		lines = append(lines, "IdentityFile DIR/id")
	}
	lines = append(lines, "HostName 127.0.0.1", "Port "+strconv.Itoa(server.Port), "User "+login,
		"UserKnownHostsFile "+known, "GlobalKnownHostsFile none", "KexAlgorithms ^curve25519-sha256") // the quickest
	if s.agent == nil {
		lines = append(lines, "IdentityAgent none")
	}
	text := "Host host\n" + strings.Join(lines, "\n") + "\nHost *\nIdentityFile none\n"
	write(t, config, r.fill(t, text, server, known))
	if s.known != "" {
		write(t, known, r.fill(t, s.known, server, known))
	}
	return config, known
}

// fill replaces the words that stand for keys and names.
func (r *ring) fill(t *testing.T, text string, server *sshd, known string) string {
	t.Helper()
	text = strings.NewReplacer("DIR", r.dir, "PORT", strconv.Itoa(server.Port), "USER", me(t), "SKCA", r.skca, "KNOWN", known, "ECHO", echoProgram(t), "SELF", testBinary(t),
		"AT", fmt.Sprintf("[127.0.0.1]:%d", server.Port), "HK", keyOnly(t, r.dir+"/hk.pub")).Replace(text)
	for _, name := range []string{"otherhk", "hostca", "otherca", "rsa", "ecdsa"} {
		text = strings.ReplaceAll(text, name+".pub", keyOnly(t, filepath.Join(r.dir, name+".pub")))
	}
	return text
}

// keyOnly is a public key without its comment.
func keyOnly(t testing.TB, path string) string {
	t.Helper()
	fields := strings.Fields(read(t, path))
	return fields[0] + " " + fields[1]
}

// echoProgram is where echo lies: not everywhere in /bin.
func echoProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("echo")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAgreement(t *testing.T) {
	noLeaks(t)
	r := newRing(t)
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) { r.compare(t, s) })
	}
}

// compare puts us and OpenSSH into the same situation.
func (r *ring) compare(t *testing.T, s situation) {
	if s.asRoot && os.Getuid() != 0 {
		t.Skip("another user can log in only on a server of root's: run the tests as root")
	}
	if s.user == noLoginUser && !strings.Contains(read(t, "/etc/passwd"), "\n"+noLoginUser+":x:1:1:"+noLoginUser+":/usr/sbin:/usr/sbin/nologin") {
		t.Skip("there is no user " + noLoginUser + " here whose shell is nologin, as Debian has one")
	}
	server := r.server(s.sshd)
	config, known := r.person(t, s, server)
	if s.hashed {
		sshdtest.Keygen(t, "-H", "-f", known)
	}
	if s.crowded {
		hold(t, server)
	}
	socket := ""
	if s.agent != nil {
		socket = r.startAgent(t, s.agent)
	}
	options := []string{"-F", config}
	oracle := askOpenSSH(t, s, config, socket)
	d := &Dialer{Resolver: &OpenSSH{Options: options}, AgentSocket: socket, OpenSSH: "ssh", SSHOptions: options}
	client, err := d.Dial(context.Background(), "host")
	var result Result
	if err == nil {
		result, err = client.Run(context.Background(), Command{Line: "true"})
		defer client.Close()
	}
	if got := kindOf(err); got != s.kind {
		t.Errorf("we got %q (%v), want %q", got, err, s.kind)
	}
	if err != nil {
		t.Logf("%v — %s", err, hintOf(err))
	}
	if via := r.fill(t, s.via, server, ""); err == nil && via != "" && client.Via() != via {
		t.Errorf("via %q, want %q", client.Via(), via)
	}
	if s.alone {
		return
	}
	answer := <-oracle
	said, oracleErr := answer.said, answer.err
	var exit *exec.ExitError
	if s.exit != 0 && errors.As(oracleErr, &exit) && exit.ExitCode() == s.exit {
		oracleErr = nil // it got in
	}
	if result.ExitCode != s.exit {
		t.Errorf("exit status %d, want %d", result.ExitCode, s.exit)
	}
	weIn, theyIn := err == nil, oracleErr == nil
	if weIn != theyIn && !(theyIn && s.stricter != "") && !(weIn && s.looser != "") {
		t.Errorf("we get in: %t (%v), ssh gets in: %t (%s)", weIn, err, theyIn, said)
	}
	if s.stricter != "" && !theyIn {
		t.Errorf("ssh stays out too, so we are not stricter: %s", said)
	}
}

// hold takes the only connection that may begin, until the test ends.
func hold(t *testing.T, s *sshd) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.Read(make([]byte, 1)); err != nil { // its turn has come
		t.Fatal(err)
	}
}

// verdict is what OpenSSH thinks of a situation.
type verdict struct {
	said string
	err  error
}

// askOpenSSH has the ssh program try, while we do.
func askOpenSSH(t *testing.T, s situation, config, socket string) <-chan verdict {
	t.Helper()
	answer := make(chan verdict, 1)
	if s.alone {
		return answer
	}
	cmd := exec.Command("ssh", "-F", config, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=8", "host", "true")
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	go func() {
		said, err := cmd.CombinedOutput()
		answer <- verdict{string(said), err}
	}()
	return answer
}

func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if err != nil {
		return Kind("no *Error: " + err.Error())
	}
	return KindNone
}
