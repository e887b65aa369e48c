package nixcmd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Expressions that stand for themselves.
func closedOnes() []string {
	return []string{
		`{ }`, `[ ]`, `1`, `1.5`, `0.25`, `true`, `""`, `''''`, `null`,
		`{ hosts.h1 = { address = "10.0.0.1"; port = 22; tags = [ "a" "b" ]; sudo = false; frozen = null; }; }`,
		`{ hosts."a.example.org".address = "x"; hosts.${"b" + "c"}.port = 1; }`,
		`{ import = 1; builtins = 2; getEnv = 3; toString = "/etc"; }`,
		`{ a = { x = 1; }; a.y = 2; }`, `{ a.b = 1; a = { c = 2; }; }`,
		"# ./a\n{ /* ./b <c> ${d} \" */ x = 1; /**/ y = 2; /***/ } # '' ./c", "{ x = 1; # a\r y = 2; }\r\n", "1 /* # */",
		`let a = 1; b = a; in [ a b ]`, `let b = a; a = 1; in b`, `let a.b = 1; in a.b`, `let x = { y = 1; }; in { inherit (x) y; inherit x; }`,
		`let x = { y = 1; }; inherit (x) y; in y`, `let x = 1; in let inherit ({ y = x; }) y; in y`, `let a-b' = 1; in a-b'`, `let _ = 1; in _`,
		`let host = name: { address = "${name}.lan"; }; in { hosts.a = host "a" // { port = 1; }; }`, `let f = a: b:[ a b ]; in f 1 2`,
		`if true then 1 else 2`, `{ a = if "a" == "b" || !false then [ 1 ] ++ [ 2 ] else null; }`,
		`{ x = "a" + "b"; y = [ 1 ]++[ 2 ]; z = { a = 1; }//{ b = 2; }; }`, `(({ a = (1); }).a)`, `[ { a = 1; }.a ({ "a b" = 2; })."a b" ]`,
		`"/a ./b <c> ~/d builtins http://x"`, `"\" ./a \${x} \\"`, `"$ $x $( $\{ ^x$"`, `"${"${"a"}"}"`, `"a # ${"b" /* } */} c"`,
		`''/a ./b 'c' $ '$ ''${x} ''\${x} ''' ${"a"} ''$x $''`, "''\n  a\n    b ''\\n\n''", `[ ''''''' ''x$'' '''''$x'' ]`, `[ ''''$''' ./x '' ]`, `"ä ☃"`, "{ x = 1; } # ä",
		`let x = { import = 1; }; in { inherit (x) import; }`, "[ " + strings.Repeat("(1) ", maxClosedDepth+1) + "]", "[ " + strings.Repeat("[ ] ", maxClosedDepth+1) + "]",
	}
}

// Expressions that do not, or of which that is not known.
func openOnes() []string {
	return []string{
		``, `# nothing`, `./x`, `../x`, `/x`, `~/x`, `<nixpkgs>`, `a/b`, `{ x = ./x; }`, `[ /etc/passwd ]`, `[ 1 x/y ]`, `{ x = ./${"a"}; }`, `"${./x}"`, `"a ${x} b"`, `''${./x}''`,
		`http://example.org`, `x:x`, `let f = x:x; in f 1`, `[ a+b:c ]`, `[ mailto:me ]`,
		`builtins.currentTime`, `builtins`, `import ./x`, `import "/x"`, `toString 1`, `derivation { }`, `placeholder "out"`, `__currentTime`, `__curPos`,
		`let __curPos = 1; in __curPos`, `{ __x = 1; }`, `x`, `{ x = y; }`, `{ x = 1; y = x; }`, `{ inherit x; }`, `{ inherit (builtins) currentTime; }`, `{ inherit (x) y; }`,
		`let inherit (builtins) currentTime; in currentTime`, `let inherit builtins; in builtins`, `let builtins = builtins; in builtins`, `let inherit x; in x`,
		`let import = 1; in import`, `import: import`, `let true = false; in true`, `let a = 1; in b`, `[ (let a = 1; in a) a ]`, `[ (a: a) a ]`, `{ x = a: a; y = a; }`,
		`with builtins; currentTime`, `with { a = 1; }; a`, `rec { a = 1; b = a; }`,
		// Nix makes one set of the two, which is not recursive.
		`{ a = { x = 1; }; a = rec { builtins = { currentTime = 1; }; y = builtins.currentTime; }; }`,
		`{ a }: a`, `{ a ? 1 }: a`, `{ ... }: 1`, `a@{ ... }: 1`, `{ pkgs ? import <nixpkgs> { } }: 1`, `assert true; 1`, `let { body = builtins.currentTime; }`, `{ a = 1; }.b or ./x`, `let or = 1; in or`,
		`1/2`, `1 / 2`, `1 - 2`, `1 < 2`, `{ } ? a`, `1a`, `.5`, `1.`, `1..x`, `x.5`, `-1`,
		// Where a string or a comment ends.
		"# a\r./x", "{ x = 1; # a\r  y = ./y; }", `/* a */ ./x`, `/**/ ./x /**/`, `/* a **/ ./x /* b */`, `/* a`, `/*/`, `1 /* */ */`, `"a`, `"a\"`, `"${"a"`, `"${"a}"`, `''a`, `''a'''`, `''a''\`, `"`,
		`"a" ./x "b"`, `"\\" ./x "\\"`, `"$" ./x "$"`, `"\$" ./x "\${"`, `[ "$${" ./x "}" ]`, `[ "$${" 1 "}" ]`, `''a'' ./x ''b''`, `[ ''a$'' ./x ''b'' ]`, `[ ''''''' ./x ''''''' ]`,
		`[ ''''$'' ./x ''b'' ]`, `[ ''a''\'' ./x ''b'' ]`, `[ ''a''' ./x ''b'']`, `[ ''$${'' ./x ''}'' ]`, `''''$${./x}''`, `[ x''./y'' ]`, `[ 1''./y'' ]`, `let x'' = 1; in [ x''./y'' ]`,
		"{ x = 1; }\x00", "\xef\xbb\xbf{ }", "{ x = 1;\f}", `{ x = 1; } }`, `{ x = 1 }`, `{ x; }`, `( 1`, `[ 1`, `{ ä = 1; }`, `[ ] ]`, `1 ;`, `in`, `{ a = ; }`, `let in`, `if true then 1`,
		"{ x = \"a\x00\"; }", "1 # \x00", `1 /* a`, `[ 1. 2 ]`, `"${1)}"`, `"''${./x}"`, `[ ''a\'' ./x ''' b'' ]`, `''''$$x''`,
		`let inherit ({ import = 1; }) import; in import`, `{ inherit ({ a = 1; }) "a"; }`, `{ inherit ({ a = 1; }) ${builtins.currentSystem}; }`,
		strings.Repeat("(", maxClosedDepth+1) + "1" + strings.Repeat(")", maxClosedDepth+1),
		strings.Repeat("[ ", maxClosedDepth+1) + strings.Repeat("] ", maxClosedDepth+1), strings.Repeat("(", 1e5), `"` + strings.Repeat("a", maxClosed) + `"`,
	}
}

func TestClosed(t *testing.T) {
	for _, text := range closedOnes() {
		if !Closed(text) {
			t.Errorf("%q stands for itself", text)
		}
	}
	for _, text := range openOnes() {
		if Closed(text) {
			t.Errorf("%.100q may be something else elsewhere", text)
		}
	}
}

// Our own sample, which people begin with, costs Nix once.
func TestClosedSample(t *testing.T) {
	sample, err := os.ReadFile("../fleet.nix")
	if err != nil {
		t.Fatal(err)
	}
	if !Closed(string(sample)) {
		t.Error("the sample fleet.nix does not stand for itself")
	}
}

// nixSays is what Nix makes of files, each a line, or why it does not.
func nixSays(t *testing.T, env []string, files ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(ofNix(t, "nix-instantiate"), append([]string{"--eval", "--strict", "--readonly-mode"}, files...)...)
	cmd.Dir, cmd.Env = filepath.Dir(files[0]), append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, &stderr)
	}
	return string(out), nil
}

// TestClosedSaysTheSameElsewhere asks the real Nix, in two places.
func TestClosedSaysTheSameElsewhere(t *testing.T) {
	all := "[\n(" + strings.Join(closedOnes(), "\n)\n(") + "\n)\n]"
	if !Closed(all) {
		t.Fatal("a list of what stands for itself does not")
	}
	var said []string
	for _, env := range [][]string{{"USER=a", "NIX_PATH=nixpkgs=/a"}, {"USER=b", "NIX_PATH="}} {
		path := filepath.Join(t.TempDir(), "fleet.nix")
		if err := os.WriteFile(path, []byte(all), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := nixSays(t, env, path)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, out)
	}
	if said[0] != said[1] {
		t.Errorf("Nix says %s and %s", said[0], said[1])
	}
}
