package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixfleet-tui/internal/text"
)

// sizes are those of the goldens.
func sizes() [][2]int { return [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 50}} }

// goldenStage is a stage whose run directories have the same paths in every run of the test.
func goldenStage(t *testing.T, w, h int, look Look) *stage {
	goldens, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	s := newStageLike(t, w, h, look)
	s.goldens, s.runs = goldens, "runs"
	return s
}

func (s *stage) golden(name, got string) {
	t := s.t
	t.Helper()
	path := filepath.Join(s.goldens, name+".txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; UPDATE=1 makes it: read it before you commit it", err)
	}
	if string(want) != got {
		t.Errorf("%s has changed (UPDATE=1 takes the new one):\n%s", name, got)
	}
}

// Every scene at every size, as text for people to read, and once more with
// the colours of each theme; `cat` shows those files as they are.
func TestGolden(t *testing.T) {
	for _, sc := range scenes() {
		coloured := map[Theme]*strings.Builder{ThemeANSI: {}, ThemeContrast: {}, ThemeNone: {}}
		for _, size := range sizes() {
			name := fmt.Sprintf("%s-%dx%d", sc.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				s := goldenStage(t, size[0], size[1], Look{Theme: ThemeANSI})
				sc.setUp(s)
				s.send(armedMsg{}) // draws once more: ages may have changed since
				s.golden(name, s.text()+"\n")
				for theme, b := range coloured {
					b.WriteString(s.inTheme(theme))
				}
			})
		}
		t.Run(sc.name+" in colours", func(t *testing.T) {
			s := &stage{t: t, goldens: filepath.Join("testdata", "themes")}
			for theme, b := range coloured {
				s.golden(sc.name+"-"+string(theme), b.String())
			}
		})
	}
}

// inTheme is the frame in the colours of a theme, which shows the same otherwise.
func (s *stage) inTheme(theme Theme) string {
	s.t.Helper()
	shown := s.text()
	s.m.setLook(Look{Theme: theme})
	s.send(armedMsg{}) // draws again, and has logs read with other colours
	if s.text() != shown {
		s.t.Errorf("the theme %s shows something else:\n%s", theme, s.text())
	}
	return fmt.Sprintf("%d×%d\n%s\n", s.m.w, s.m.h, trimmed(s.m.View()))
}

// trimmed is a frame without the blanks at the ends of its rows.
func trimmed(frame string) string {
	rows := strings.Split(frame, "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.Join(rows, "\n")
}

func TestGoldenASCII(t *testing.T) {
	for _, name := range []string{"fleet", "run-ended-panes"} {
		t.Run(name, func(t *testing.T) {
			s := goldenStage(t, 80, 24, Look{Theme: ThemeNone, ASCII: true})
			s.play(t, name)
			s.golden("ascii-"+name, s.text()+"\n")
		})
	}
}

// Every frame fills the screen exactly: no row is longer, shorter or missing.
func TestFramesFitExactly(t *testing.T) {
	all := append(sizes(), [][2]int{{61, 16}, {79, 23}, {99, 31}, {119, 24}, {121, 15}, {160, 20}, {300, 90}}...)
	for _, sc := range scenes() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range all {
				for _, look := range []Look{{Theme: ThemeANSI}, {Theme: ThemeNone, ASCII: true}} {
					s := newStageLike(t, size[0], size[1], look)
					sc.setUp(s)
					s.fits(sc.name, size[0], size[1])
					// The same after a detour over other sizes.
					s.resizedTo(20, 5)
					s.resizedTo(size[1]*2, 40)
					s.resizedTo(size[0], size[1])
					s.fits(sc.name+", resized", size[0], size[1])
				}
			}
		})
	}
}

func (s *stage) fits(what string, w, h int) {
	s.t.Helper()
	rows := strings.Split(s.m.View(), "\n")
	if len(rows) != h {
		s.t.Errorf("%s at %d×%d has %d rows", what, w, h, len(rows))
	}
	for i, r := range rows {
		if got := text.Width(r); got != w {
			s.t.Errorf("%s at %d×%d: row %d takes %d cells: %q", what, w, h, i, got, stripSGR(r))
		}
	}
	if s.m.ascii {
		for i := range len(s.m.View()) {
			if s.m.View()[i] >= 0x80 {
				s.t.Fatalf("%s at %d×%d has more than ASCII: %q", what, w, h, s.m.View()[max(0, i-20):i+4])
			}
		}
	}
}
