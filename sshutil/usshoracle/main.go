// Usshoracle answers as pam_ussh would. It stands for the module where that
// cannot run: the rules are told anew here, one by one, but certificates are
// judged and signatures asked for by the very version of x/crypto that nixpkgs
// builds the module with, which is why this is a module of its own. Tests of
// package sshutil start it and hold the forecast of sudo against it.
//
// It reads one JSON object per line (a Scene) and prints one per line (an
// Answer), until its input ends.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

// Scene is a host, a user who wants to be root, and the agent that came along.
type Scene struct {
	User    string          `json:"user"`
	Groups  []string        `json:"groups"`
	Options []string        `json:"options"` // of the module, as in the rule of PAM
	Files   map[string]File `json:"files"`   // by path; others are not there
	Socket  bool            `json:"socket"`  // SSH_AUTH_SOCK is set
	Agent   []Identity      `json:"agent"`
	Now     int64           `json:"now"` // the host's clock, in seconds since 1970
}

// File is a file on the host.
type File struct {
	Content string `json:"content"`
	Secret  bool   `json:"secret"` // root's alone
}

// Identity is what an agent holds: a public key or certificate in SSH's wire
// form, and the seed of the private key if the agent can sign.
type Identity struct {
	Blob        []byte `json:"blob"`
	Private     []byte `json:"private"`     // PKCS #8, or the 32 bytes of a FIDO key's seed
	Application string `json:"application"` // of a FIDO key
}

// Answer is what the module says.
type Answer struct {
	Result string `json:"result"` // success, refused, crash
	Why    string `json:"why"`
}

func main() {
	log.SetOutput(io.Discard) // the agent's, which tells of each refusal
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "usshoracle:", err)
		os.Exit(1)
	}
}

func serve() error {
	const longest = 1 << 20
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, longest)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	for in.Scan() {
		var s Scene
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			return err
		}
		if err := encoder.Encode(answer(s)); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// answer lets the module crash as it crashes sudo.
func answer(s Scene) (a Answer) {
	defer func() {
		if v := recover(); v != nil {
			a = Answer{"crash", fmt.Sprint(v)}
		}
	}()
	m := module{scene: s, caFile: "/etc/ssh/trusted_user_ca", now: time.Unix(s.Now, 0)}
	if err := m.authenticate(); err != nil {
		return Answer{"refused", err.Error()}
	}
	return Answer{"success", ""}
}
