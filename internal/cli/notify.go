package cli

import (
	"fmt"
	"io"

	"nixfleet-tui/internal/text"
	"nixfleet-tui/rollout"
)

// notifying is a display that also tells people who look elsewhere.
type notifying struct {
	display
	err io.Writer
}

func (n *notifying) finish(v rollout.View) error {
	fmt.Fprint(n.err, text.Notification(fmt.Sprintf("%s: %s", v.Plan.Action, runWords(v))))
	return n.display.finish(v)
}
