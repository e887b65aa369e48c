package cli

import (
	"fmt"
	"io"
	"strings"

	"nixfleet-tui/internal/text"
)

// block is some lines on a terminal that are updated in place. What else is
// said meanwhile scrolls away above them.
type block struct {
	io    *IO
	shown []string // the lines on the screen, below which the cursor stands
}

const (
	beginFrame = "\x1b[?2026h" // terminals that know it show all of a frame at once
	endFrame   = "\x1b[?2026l"
	clearLine  = "\x1b[K"
	clearBelow = "\x1b[J"
)

// draw replaces the lines on the screen in one write; nothing is written when
// nothing changed. Lines must fit the width, with a cell to spare.
func (b *block) draw(lines []string) error {
	body := strings.Join(lines, clearLine+"\n")
	if len(lines) > 0 {
		body += clearLine + "\n"
	}
	if strings.Join(lines, "\n") == strings.Join(b.shown, "\n") {
		return nil
	}
	_, err := io.WriteString(b.io.Out, beginFrame+b.up()+body+clearBelow+endFrame)
	b.shown = lines
	return err
}

// say prints a line above the block, which the next draw shows again.
func (b *block) say(line string) error {
	_, err := io.WriteString(b.io.Out, beginFrame+b.up()+clearBelow+line+"\n"+endFrame)
	b.shown = nil
	return err
}

// up moves the cursor to the first of the lines. A terminal that has become
// narrower has wrapped them.
func (b *block) up() string {
	width, _ := b.io.Size()
	height := 0
	for _, line := range b.shown {
		height += max(1, (text.Width(line)+width-1)/width)
	}
	if height == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", height)
}
