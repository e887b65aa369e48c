package nixcmd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzClosed: what stands for itself does so inside of others, never takes what
// stands beside it for a part of it, and is the same wherever Nix reads it. For
// the seeds TestClosedSaysTheSameElsewhere has asked Nix already.
func FuzzClosed(f *testing.F) {
	for _, seed := range append(closedOnes(), openOnes()...) {
		if len(seed) < 1000 {
			f.Add(seed)
		}
	}
	fuzzing := flag.Lookup("test.fuzz").Value.String() != ""
	f.Fuzz(func(t *testing.T, text string) {
		if !Closed(text) {
			return
		}
		for _, around := range []string{"(%\n)", "[ (%\n) ]", "{ a = %\n; }", "let a = %\n; in a", "\"${%\n}\"", "''${%\n}''", "# a\n%\n/* b */", "_: %", "if true then %\n else 1"} {
			deeper := strings.Replace(around, "%", text, 1)
			if tooDeep := len(text) > maxClosedDepth/2; !tooDeep && !Closed(deeper) {
				t.Errorf("%q stands for itself, and %q does not", text, deeper)
			}
		}
		for _, open := range []string{"./x", "<x>", "builtins", "\"${./x}\"", "__curPos", "x:x"} {
			for _, beside := range []string{"[ (%\n) " + open + " ]", "[ " + open + " (%\n) ]", "{ a = %\n; b = " + open + "; }", "let a = %\n; in " + open} {
				if both := strings.Replace(beside, "%", text, 1); Closed(both) {
					t.Errorf("%q hides what is beside it in %q", text, both)
				}
			}
		}
		if fuzzing && !strings.Contains(text, ":") { // without functions, every evaluation ends
			sameElsewhere(t, text)
		}
	})
}

// sameElsewhere asks Nix what the text means in two directories.
func sameElsewhere(t *testing.T, text string) {
	var files []string
	for range 2 {
		path := filepath.Join(t.TempDir(), "fleet.nix")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	out, err := nixSays(t, nil, files...)
	if err != nil {
		return // nothing that would be kept
	}
	if half := out[:len(out)/2]; out != half+half {
		t.Errorf("%q is %s", text, out)
	}
}
