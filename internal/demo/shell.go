package demo

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kballard/go-shellquote"
)

// call is one command line being run on a host.
type call struct {
	server *server
	user   string
	root   bool    // by login or by sudo
	speed  float64 // of builds and activations
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	status int // of the last command
}

// The exit statuses of a shell that could not run a command.
const (
	exitUsage    = 2
	exitNotFound = 127
)

// loginShell is what the hosts start for who asks for no command.
const loginShell = "/bin/sh -s"

// command is a program on the hosts: it gets its arguments and returns its
// exit status.
type command func(c *call, ctx context.Context, args []string) int

// script runs a few lines of shell: simple commands joined by `;`, `&&`, `||`
// and newlines, with output sent to /dev/null or `2>&1`. That is all the shell
// that the demo's hosts have.
func (c *call) script(ctx context.Context, text string) int {
	for _, part := range splitScript(text) {
		if ctx.Err() != nil {
			return c.status
		}
		if part.joint == "&&" && c.status != 0 || part.joint == "||" && c.status == 0 {
			continue
		}
		words, err := shellquote.Split(c.expand(part.text))
		if err != nil {
			fmt.Fprintln(c.stderr, "sh: syntax error:", err)
			c.status = exitUsage
			continue
		}
		if len(words) > 0 && words[0] == "exit" {
			if len(words) > 1 {
				c.status, _ = strconv.Atoi(words[1]) // no number is no failure
			}
			return c.status
		}
		c.status = c.simple(ctx, words)
	}
	return c.status
}

// expand puts in the two variables that the hosts know.
func (c *call) expand(text string) string {
	home := "/home/" + c.user
	if c.user == "root" {
		home = "/root"
	}
	return strings.NewReplacer("$?", strconv.Itoa(c.status), "$HOME", home).Replace(text)
}

// simple runs one command with its redirections and leading assignments.
func (c *call) simple(ctx context.Context, words []string) int {
	run := *c
	var args []string
	for _, w := range words {
		switch w {
		case "2>&1":
			run.stderr = run.stdout
		case ">/dev/null", "1>/dev/null":
			run.stdout = io.Discard
		case "2>/dev/null":
			run.stderr = io.Discard
		case "&>/dev/null":
			run.stdout, run.stderr = io.Discard, io.Discard
		case "</dev/null":
			run.stdin = strings.NewReader("")
		default:
			args = append(args, w)
		}
	}
	for len(args) > 0 && isAssignment(args[0]) {
		run.assign(args[0])
		args = args[1:]
	}
	if len(args) == 1 && args[0] == "exec" { // redirects the rest of the script
		c.stdin, c.stdout, c.stderr = run.stdin, run.stdout, run.stderr
		return 0
	}
	return run.words(ctx, args)
}

// words runs one command given as words.
func (c *call) words(ctx context.Context, words []string) int {
	if len(words) == 0 {
		return 0
	}
	name := words[0]
	if path, ok := strings.CutSuffix(name, "/bin/switch-to-configuration"); ok {
		return c.switchToConfiguration(path, words[1:])
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	if run, ok := commands()[name]; ok {
		return run(c, ctx, words[1:])
	}
	fmt.Fprintf(c.stderr, "sh: %s: command not found\n", words[0])
	return exitNotFound
}

// isAssignment says whether a word sets a variable.
func isAssignment(w string) bool {
	name, _, ok := strings.Cut(w, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// speedVariable makes builds and activations faster, for tests.
const speedVariable = "NIXFLEET_DEMO_SPEED"

func (c *call) assign(w string) {
	if value, ok := strings.CutPrefix(w, speedVariable+"="); ok {
		c.speed = parseSpeed(value, c.speed)
	}
}

// parseSpeed reads a factor; what is none leaves it as it was.
func parseSpeed(value string, otherwise float64) float64 {
	if f, err := strconv.ParseFloat(value, 64); err == nil && f > 0 {
		return f
	}
	return otherwise
}

// scriptPart is a simple command and what joins it to the one before.
type scriptPart struct {
	joint string // "", "&&" or "||"
	text  string
}

// splitScript cuts a script at `;`, `&&`, `||` and newlines that are not quoted.
func splitScript(text string) []scriptPart {
	var parts []scriptPart
	joint, from, quote := "", 0, byte(0)
	cut := func(to int, next string) {
		if s := strings.TrimSpace(text[from:to]); s != "" && !strings.HasPrefix(s, "#") {
			parts = append(parts, scriptPart{joint, s})
		}
		joint = next
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ';' || c == '\n':
			cut(i, "")
			from = i + 1
		case strings.HasPrefix(text[i:], "&&") || strings.HasPrefix(text[i:], "||"):
			cut(i, text[i:i+2])
			i++
			from = i + 1
		}
	}
	cut(len(text), "")
	return parts
}
