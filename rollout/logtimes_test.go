package rollout

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// told are the times of a log's first n lines, in seconds after start; -1 is not known.
func told(t *testing.T, path string, start time.Time, n int) []int {
	t.Helper()
	l := OpenLog(path, time.Now)
	defer l.Close()
	all, err := l.Times(0, n)
	if err != nil {
		t.Fatal(err)
	}
	var seconds []int
	for _, at := range all {
		if at.IsZero() {
			seconds = append(seconds, -1)
		} else {
			seconds = append(seconds, int(at.Sub(start)/time.Second))
		}
	}
	return seconds
}

func TestLinesKeepTheirTimesWhenARunIsAdopted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h1.txt")
	start := time.Unix(1_763_900_000, 0)
	at := func(second float64) time.Time { return start.Add(time.Duration(second * float64(time.Second))) }
	open := func(adopted bool) *timesWriter {
		w, err := openTimes(filepath.Join(filepath.Dir(path), "h1.times"), adopted)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	took := func(w *timesWriter, lines string, second float64) {
		if err := w.took([]byte(lines), at(second)); err != nil {
			t.Fatal(err)
		}
	}
	equal := func(want ...int) {
		t.Helper()
		got := told(t, path, start, len(want))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("the lines came at %v, not %v", got, want)
			}
		}
	}
	equal(-1) // there is no such file
	first := open(false)
	took(first, "a\nb\n", 0.1)
	first.caughtUp()
	took(first, "c\n", 0.7)
	took(first, "d\n", 3)
	took(first, "", 4)
	equal(0, 0, 0, 3)
	if _, err := first.file.WriteString("4 17639"); err != nil { // killed in the middle
		t.Fatal(err)
	}
	first.file.Close()

	second := open(true)
	took(second, "a\nb\nc\nd\n", 60)
	took(second, "e\nf\n", 60) // came while nobody was there
	took(second, "g\n", 60)
	second.caughtUp()
	took(second, "h\n", 60)
	took(second, "i\n", 61)
	second.file.Close()
	equal(0, 0, 0, 3, -1, -1, -1, 60, 61, 61)

	third := open(true)
	took(third, "a\nb\nc\nd\ne\nf\ng\nh\ni\n", 90)
	third.caughtUp()
	took(third, "j\n", 91)
	third.file.Close()
	equal(0, 0, 0, 3, -1, -1, -1, 60, 61, 91)
}

func TestTimesThatMakeNoSenseArePassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h1.txt")
	content := "0 1763900000000\nnonsense\n2 soon\n3 1763900002000\n1 1763900009000\n9 17639000"
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "h1.times"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got := told(t, path, time.Unix(1_763_900_000, 0), 5)
	for i, want := range []int{0, 0, 0, 2, 2} {
		if got[i] != want {
			t.Fatalf("the lines came at %v", got)
		}
	}
}
