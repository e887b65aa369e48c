package nixcmd

import "strings"

// crashFilter keeps back a report that is not true: Nix before 2.34 that is
// interrupted while it writes JSON says "Nix crashed. This is a bug." and
// prints a stack. Whether it is such a one stands in the next line that is not
// empty.
type crashFilter struct {
	held  []string // the report so far, while it can be either
	stack bool     // in the stack of one that was not true
}

// pass takes a plain line and returns the lines to go on with.
func (c *crashFilter) pass(line string) []string {
	switch {
	case strings.HasPrefix(line, "Nix crashed. This is a bug."):
		held := c.release()
		c.held = []string{line}
		return held
	case len(c.held) > 0 && strings.TrimSpace(line) == "":
		c.held = append(c.held[:1], line) // one empty line says as much as many
		return nil
	case len(c.held) > 0 && strings.HasPrefix(line, "Exception: nix::Interrupted"):
		c.held, c.stack = nil, true
		return nil
	case c.stack && isStack(line):
		return nil
	}
	return append(c.release(), line)
}

// release gives up what is held.
func (c *crashFilter) release() []string {
	held := c.held
	c.held, c.stack = nil, false
	return held
}

// isStack knows the lines of boost's stack traces: "Stack trace:" and
// " 0# 0x00005618BE8D4669 in nix".
func isStack(line string) bool {
	rest := strings.TrimLeft(strings.TrimSpace(line), "0123456789")
	return rest == "" || strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "Stack trace:")
}
