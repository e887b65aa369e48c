package sshutil

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// AskpassName is what this program is called when ssh starts it to ask
// something: ssh gives SSH_ASKPASS no argument but the question.
const AskpassName = "nixfleet-askpass"

// askpassVariable tells the askpass program which socket answers.
const askpassVariable = "NIXFLEET_ASKPASS"

// IsAskpass says whether the program was called as ssh's askpass.
func IsAskpass(argv0 string) bool { return filepath.Base(argv0) == AskpassName }

// AskpassEnv are the variables that make ssh ask through program, a link to
// this one that is called AskpassName, and have it answered at socket. OpenSSH
// heeds them since 8.4.
func AskpassEnv(program, socket string) []string {
	return []string{"SSH_ASKPASS=" + program, "SSH_ASKPASS_REQUIRE=force", askpassVariable + "=" + socket}
}

// askpassQuestion is the line that the askpass program sends.
type askpassQuestion struct {
	Prompt string `json:"prompt"`
	Hint   string `json:"hint"`  // SSH_ASKPASS_PROMPT: "confirm", "none" or empty
	Asker  int    `json:"asker"` // the ssh that asks: it starts a process for each question
}

// Askpass is the askpass program: it passes ssh's question on and prints the
// answer. It returns the exit status, which ssh takes as yes or no.
func Askpass(args []string, getenv func(string) string, out io.Writer) int {
	const refused = 1
	prompt := ""
	if len(args) > 0 {
		prompt = args[0]
	}
	conn, err := net.Dial("unix", getenv(askpassVariable))
	if err != nil {
		return refused // whoever would have asked has gone
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(askpassQuestion{prompt, getenv("SSH_ASKPASS_PROMPT"), os.Getppid()}); err != nil {
		return refused
	}
	verdict := make([]byte, 1)
	if _, err := io.ReadFull(conn, verdict); err != nil || verdict[0] != answerFollows {
		return refused
	}
	answer, err := ReadSecret(conn)
	if errors.Is(err, io.EOF) {
		return 0 // a yes without words
	}
	if err != nil {
		return refused
	}
	defer answer.Wipe()
	if _, err := out.Write(answer.Line()); err != nil {
		return refused
	}
	return 0
}

// The first byte of what the askpass program is told.
const (
	answerFollows = '+'
	answerRefused = '-'
)

// AskpassServer answers ssh's questions on a socket that only its own user's
// processes can reach and only those may use that Admit lets in.
type AskpassServer struct {
	// Answer asks somebody. A nil secret without an error is a yes without words.
	// Its context ends when whoever asked has gone. The secret is wiped afterwards.
	Answer func(ctx context.Context, p Prompt) (*Secret, error)
	// Admit says whether a process may ask.
	Admit func(Peer) bool

	listener *net.UnixListener
	stop     context.CancelFunc
	asking   sync.WaitGroup
}

// Listen begins to answer on a new socket at path, until Close.
func (s *AskpassServer) Listen(path string) error {
	listener, err := ListenPrivate(path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.listener, s.stop = listener, stop
	s.asking.Go(func() { s.serve(ctx) })
	return nil
}

// Close ends all questions and removes the socket.
func (s *AskpassServer) Close() error {
	s.stop()
	err := s.listener.Close()
	s.asking.Wait()
	return err
}

func (s *AskpassServer) serve(ctx context.Context) {
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			return // it was closed
		}
		if peer, err := PeerOf(conn); err != nil || !s.Admit(peer) {
			conn.Close()
			continue
		}
		s.asking.Go(func() { s.answer(ctx, conn) })
	}
}

// answer hears one question and answers it.
func (s *AskpassServer) answer(ctx context.Context, conn net.Conn) {
	ctx, stop := context.WithCancel(ctx)
	unlink := context.AfterFunc(ctx, func() { conn.Close() })
	defer func() {
		stop()
		unlink()
		conn.Close()
	}()
	conn.SetReadDeadline(time.Now().Add(askpassPatience)) //nolint:errcheck // a socket has deadlines
	in := bufio.NewReader(io.LimitReader(conn, askpassMax))
	line, err := in.ReadBytes('\n')
	var q askpassQuestion
	if err != nil || json.Unmarshal(line, &q) != nil {
		return
	}
	conn.SetReadDeadline(time.Time{}) //nolint:errcheck // likewise
	s.asking.Go(func() {
		io.Copy(io.Discard, conn) //nolint:errcheck // it ends when whoever asked has gone
		stop()
	})
	prompt := readPrompt(q.Prompt, q.Hint)
	prompt.Asker = q.Asker
	secret, err := s.Answer(ctx, prompt)
	defer secret.Wipe()
	switch {
	case err != nil:
		conn.Write([]byte{answerRefused}) //nolint:errcheck // who has gone needs no answer
	case secret == nil:
		conn.Write([]byte{answerFollows}) //nolint:errcheck // likewise
	default:
		if _, err := conn.Write([]byte{answerFollows}); err == nil {
			conn.Write(secret.Line()) //nolint:errcheck // likewise
		}
	}
}

// ListenPrivate listens on a new socket in a directory that must be this
// user's alone.
func ListenPrivate(path string) (*net.UnixListener, error) {
	dir, err := os.Lstat(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if !dir.IsDir() || dir.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s is not a directory of yours alone", filepath.Dir(path))
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listening for questions: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}
