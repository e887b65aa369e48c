package ui

import (
	"fmt"
	"strings"
	"testing"
)

// A dialog is read by the page, and says where one is in it.
func TestDialogsAreReadByThePage(t *testing.T) {
	s := newStage(t, 80, 24).showFleet()
	var told []string
	for i := range 60 {
		told = append(told, fmt.Sprintf("sentence %d", i))
	}
	for _, words := range told {
		s.news(Said{Message: words})
	}
	s.keys("M")
	seen := map[string]bool{}
	look := func() {
		for _, words := range told {
			if strings.Contains(s.text(), "07:15:00 "+sentence(words)) {
				seen[words] = true
			}
		}
	}
	look()
	page := len(seen)
	s.sees("07:15:00 Sentence 59.", fmt.Sprintf("─ ↓ %d more ─", len(told)-page))
	s.keys("j")
	if look(); len(seen)-page >= page-1 {
		t.Errorf("j scrolls by a page: %d, then %d seen", page, len(seen))
	}
	s.sees("─ ↑ ", fmt.Sprintf("  ↓ %d more ─", len(told)-len(seen)))
	s.keys("k")
	for range len(told)/(page-1) + 1 {
		s.keys("pgdown")
		look()
	}
	if len(seen) != len(told) {
		t.Errorf("by the page, %d of %d sentences are seen", len(seen), len(told))
	}
	s.sees("07:15:00 Sentence 0.", fmt.Sprintf("─ ↑ %d more ─", len(told)-page))
	s.keys("pgup", "ctrl+u", "ctrl+b", "pgup", "pgup", "pgup", "pgup")
	s.sees("07:15:00 Sentence 59.")
	s.keys(" ")
	s.seesNot("07:15:00 Sentence 59.")
}
