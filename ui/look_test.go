package ui

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestLookAt prints scenes, for whoever works on them.
func TestLookAt(t *testing.T) {
	var w, h int
	fmt.Sscanf(os.Getenv("LOOK"), "%dx%d", &w, &h)
	if w == 0 {
		t.Skip("LOOK=80x24 SCENE=fleet,run prints these scenes; RAW=1 with their colours")
	}
	for _, n := range strings.Split(os.Getenv("SCENE"), ",") {
		s := newStage(t, w, h)
		s.play(t, n)
		fmt.Println("=====", n)
		if os.Getenv("RAW") != "" {
			fmt.Println(s.m.View())
		} else {
			fmt.Println(s.text())
		}
	}
}
