package sshutil

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// PlayShell does what `/bin/sh -s` does, for a server that plays a host: it
// reads a script and has run run it, whose exit status it returns. Of a script
// that Client.Repeat sends it is the other end: run is called for each turn,
// and what it prints must go to out. The error is one of reading in or writing out.
func PlayShell(in io.Reader, out io.Writer, run func(script string) (status int)) (status int, err error) {
	lines := bufio.NewReader(in)
	mark, script, kept, err := readScript(lines)
	if err != nil {
		return 0, err
	}
	if !kept {
		return run(script), nil
	}
	for number := "1"; ; {
		if _, err := fmt.Fprintf(out, keptBegin, mark, number); err != nil {
			return 0, err
		}
		status := run(script)
		if _, err := fmt.Fprintf(out, keptEnd+"%d\n", mark, number, status); err != nil {
			return 0, err
		}
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		number = strings.TrimSuffix(line, "\n")
	}
}

// readScript reads up to the end of the input, or of a kept shell's loop.
func readScript(in *bufio.Reader) (mark, script string, kept bool, err error) {
	var read strings.Builder
	for {
		line, err := in.ReadString('\n')
		read.WriteString(line)
		switch {
		case errors.Is(err, io.EOF):
			return "", read.String(), false, nil
		case err != nil:
			return "", "", false, err
		}
		loop, begun := strings.CutPrefix(read.String(), loopFirst)
		loop, ended := strings.CutSuffix(loop, loopAfter)
		if begun && ended {
			mark, script, found := strings.Cut(loop, loopBefore)
			return mark, script, found, nil
		}
	}
}
