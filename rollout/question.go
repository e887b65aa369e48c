package rollout

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/sshutil"
)

// Question is what a program of a run wants of a person. It holds no secret,
// and neither do the files and events that carry it.
type Question struct {
	Version int           `json:"version"`
	ID      string        `json:"id"`
	Host    string        `json:"host"`
	Program string        `json:"program"` // who asks: "ssh", "sudo"
	Purpose string        `json:"purpose"` // what for, such as "to log in on web1"
	Wants   sshutil.Wants `json:"wants"`
	Words   string        `json:"words"`             // the program's own, sanitized; may have several lines
	Attempt int           `json:"attempt,omitempty"` // from 2: the answer before was wrong
	Asked   time.Time     `json:"asked"`
	Until   time.Time     `json:"until"` // then the task fails without it
}

// WantsSudo is the password that sudo wants of the login user.
const WantsSudo sshutil.Wants = "sudo-password"

// WantsAgent says that a task needs an ssh-agent, and that the one it had has
// gone: a viewer lends its own.
const WantsAgent sshutil.Wants = "agent"

// Hidden says whether the answer must not be seen.
func (q Question) Hidden() bool { return q.Wants == WantsSudo || q.Wants.Hidden() }

// NoAnswer says that there is nothing to type: a key is to be touched.
func (q Question) NoAnswer() bool { return q.Wants == sshutil.WantsTouch || q.Wants == WantsAgent }

// questionFile is a question in the run directory, with where it is answered.
type questionFile struct {
	Question
	Process string `json:"process"` // who asks, as number and start; it is void without it
	Socket  string `json:"socket"`
}

func (d runDir) questions() string { return filepath.Join(string(d), "questions") }

func (d runDir) question(id string) string { return filepath.Join(d.questions(), fileName(id)+".json") }

// openQuestions are the questions that wait, the oldest first. Those whose
// askers have gone are removed.
func (d runDir) openQuestions() ([]questionFile, error) {
	paths, err := jsonFiles(d.questions())
	if err != nil {
		return nil, err
	}
	var all []questionFile
	for _, path := range paths {
		var q questionFile
		if err := readJSON(path, &q); err != nil {
			continue // answered while we looked
		}
		if !lives(q.Process) {
			os.Remove(path) //nolint:errcheck // another look will do it
			continue
		}
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b questionFile) int { return a.Asked.Compare(b.Asked) })
	return all, nil
}

// ErrSettled says that a question does not wait any more: it was answered by
// somebody else, or whoever asked has gone.
var ErrSettled = errors.New("the question has been settled already")

// deskRequest is the line with which a viewer begins. A secret, if there is to
// be one, follows on the next line.
type deskRequest struct {
	ID     string `json:"id,omitempty"`
	Refuse bool   `json:"refuse,omitempty"`
	Agent  string `json:"agent,omitempty"` // socket of an agent that the viewer lends
}

// deskTook is the answer to a request that was taken.
const deskTook = "ok"

// Answer gives a person's answer to a question of the run in dir. The secret
// stays the caller's; nil is a yes without words.
func Answer(dir, id string, secret *sshutil.Secret) error {
	return settle(dir, id, deskRequest{ID: id}, secret)
}

// RefuseQuestion tells that there will be no answer, so that whoever asked
// need not wait.
func RefuseQuestion(dir, id string) error {
	return settle(dir, id, deskRequest{ID: id, Refuse: true}, nil)
}

// LendAgent lends the agent at socket to the task that asks for one.
func LendAgent(dir, id, socket string) error {
	return settle(dir, id, deskRequest{ID: id, Agent: socket}, nil)
}

func settle(dir, id string, r deskRequest, secret *sshutil.Secret) error {
	var q questionFile
	if err := readJSON(runDir(dir).question(id), &q); err != nil {
		return fmt.Errorf("%w: %w", ErrSettled, err)
	}
	conn, err := net.Dial("unix", q.Socket)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSettled, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(deskPatience)) //nolint:errcheck // a socket has deadlines
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	if secret != nil {
		if _, err := conn.Write(secret.Line()); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	said, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || strings.TrimSpace(said) != deskTook {
		return ErrSettled
	}
	return nil
}

// Waits says whether a question of the run in dir still waits for its answer.
func Waits(dir, id string) bool { return readable(runDir(dir).question(id)) }
