package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"nixfleet-tui/rollout"
)

// jsonDisplay prints the events as they stand in events.jsonl, one each line.
type jsonDisplay struct {
	out io.Writer
	err io.Writer
}

func (d *jsonDisplay) update(events []rollout.Event, _ rollout.View) error {
	enc := json.NewEncoder(d.out)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func (d *jsonDisplay) tails() bool { return false }

func (d *jsonDisplay) note(sentence string) error {
	_, err := fmt.Fprintln(d.err, sentence)
	return err
}

func (d *jsonDisplay) finish(rollout.View) error { return nil }
