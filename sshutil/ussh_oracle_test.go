package sshutil

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The oracle's words; see usshoracle/main.go.
type (
	oracleScene struct {
		User    string                `json:"user"`
		Groups  []string              `json:"groups"`
		Options []string              `json:"options"`
		Files   map[string]oracleFile `json:"files"`
		Socket  bool                  `json:"socket"`
		Agent   []oracleIdentity      `json:"agent"`
		Now     int64                 `json:"now"`
	}
	oracleFile struct {
		Content string `json:"content"`
		Secret  bool   `json:"secret"`
	}
	oracleIdentity struct {
		Blob        []byte `json:"blob"`
		Private     []byte `json:"private"`
		Application string `json:"application"`
	}
	oracleAnswer struct{ Result, Why string }
)

// oracleProgram is the oracle: the one that NIXFLEET_USSH_ORACLE names, as in
// CI, or one that is built here.
func oracleProgram(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("NIXFLEET_USSH_ORACLE"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "usshoracle")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	build.Dir = "usshoracle"
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the oracle cannot be built; it needs x/crypto of 2022 from the module proxy: %v\n%s", err, out)
	}
	return path
}

// ask has the oracle answer all scenes.
func askOracle(t *testing.T, scenes []oracleScene) []oracleAnswer {
	t.Helper()
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, s := range scenes {
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), oracleProgram(t))
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the oracle: %v", err)
	}
	var answers []oracleAnswer
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var a oracleAnswer
		if err := decoder.Decode(&a); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(scenes) {
		t.Fatalf("the oracle answered %d of %d questions", len(answers), len(scenes))
	}
	return answers
}

// TestForecastAgreesWithPamUssh makes up certificates, agents and hosts, and
// holds what is foretold against what the module says. It never foretells that
// sudo works where it does not; and where it is sure that it does not, it does not.
func TestForecastAgreesWithPamUssh(t *testing.T) {
	const scenes = 11_000 / slower
	w := newUsshWorld(t, rand.New(rand.NewPCG(2022, 3)))
	var (
		questions []oracleScene
		forecasts []SudoForecast
	)
	for range scenes {
		host, agent, question := w.scene(t)
		questions = append(questions, question)
		forecasts = append(forecasts, PredictSudo(host, agent, host.Clock))
	}
	seen := map[string]int{}
	wrong := 0
	for i, answer := range askOracle(t, questions) {
		f := forecasts[i]
		seen[fmt.Sprintf("%s/%s", f.Outlook, answer.Result)]++
		works := answer.Result == "success"
		if works && (f.Outlook == SudoNeedsPassword || f.Outlook == SudoWillFail) || !works && f.Outlook == SudoWillWork {
			if wrong++; wrong <= 5 {
				asked, _ := json.Marshal(questions[i])
				t.Errorf("foretold %s (%s), but the module says %s (%s)\n%s", f.Outlook, f.Reason, answer.Result, answer.Why, asked)
			}
		}
	}
	t.Logf("foretold/said: %v", seen)
	if wrong > 0 {
		t.Errorf("%d of %d forecasts are wrong", wrong, scenes)
	}
	// What is made up must be worth asking.
	for _, kind := range []string{"works/success", "password/refused", "password/crash", "unknown/refused", "unknown/success"} {
		if seen[kind] < scenes/250 {
			t.Errorf("only %d scenes are %s", seen[kind], kind)
		}
	}
	if sure := scenes - seen["unknown/refused"] - seen["unknown/success"] - seen["unknown/crash"]; sure < scenes*3/4 {
		t.Errorf("only %d of %d forecasts are sure", sure, scenes)
	}
}

// scene makes up one host with its agent, in both worlds' words.
func (w *usshWorld) scene(t *testing.T) (SudoHost, SudoAgent, oracleScene) {
	t.Helper()
	options, files := w.options(), map[string]oracleFile{}
	for _, path := range []string{"/etc/ssh/trusted_user_ca", "/etc/ssh/ca"} {
		if w.often(9) {
			files[path] = oracleFile{w.authoritiesFile(), w.rarely(30)}
		}
	}
	if w.often(9) {
		files["/etc/ssh/p"] = oracleFile{w.principalsFile(), w.rarely(10)}
	}
	q := oracleScene{User: w.pick("ops", "ops", "deploy"), Groups: []string{"users", "wheel"}, Options: options, Files: files,
		Socket: !w.rarely(15), Now: w.now.Unix()}
	host := SudoHost{
		Name: "kelyus", User: q.User, UID: 1000, Groups: q.Groups, Clock: time.Unix(q.Now, 0), Agent: &q.Socket,
		PAM: map[string][]string{"sudo": {
			"account required pam_unix.so", "auth sufficient pam_ussh.so " + pamQuote(options),
			"auth sufficient pam_unix.so", "auth required pam_deny.so"}},
		Files: map[string]HostFile{}, Sudoers: []string{"%wheel ALL=(ALL:ALL) ALL"},
	}
	for _, path := range []string{"/etc/ssh/trusted_user_ca", "/etc/ssh/ca", "/etc/ssh/p", "/nowhere"} {
		host.Files[path] = seenFile(files, path)
	}
	var agent SudoAgent
	for range w.n(5) {
		identities := w.identity(t)
		for _, i := range identities {
			q.Agent = append(q.Agent, i.oracle)
			agent.Keys = append(agent.Keys, i.ours)
		}
	}
	return host, agent, q
}

// seenFile is a file as an unprivileged read sees it.
func seenFile(files map[string]oracleFile, path string) HostFile {
	f, there := files[path]
	switch {
	case !there:
		return HostFile{Missing: true}
	case f.Secret:
		return HostFile{Unreadable: true, Mode: 0o600}
	case f.Content == "":
		return HostFile{Mode: 0o444}
	}
	return HostFile{Lines: strings.Split(strings.TrimSuffix(f.Content, "\n"), "\n"), Mode: 0o444}
}

// pamQuote writes options as a rule of PAM has them.
func pamQuote(options []string) string {
	var all []string
	for _, o := range options {
		if strings.Contains(o, " ") {
			o = "[" + o + "]"
		}
		all = append(all, o)
	}
	return strings.Join(all, " ")
}
