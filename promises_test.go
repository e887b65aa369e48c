package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goFiles are the files of Go below here, tests or the rest.
func goFiles(t *testing.T, tests bool) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".go") && strings.HasSuffix(path, "_test.go") == tests {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var testDeclared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// testNames are all tests and fuzz targets, with the files in which they are.
func testNames(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, path := range goFiles(t, true) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testDeclared.FindAllSubmatch(content, -1) {
			names[string(m[1])] = path
		}
	}
	return names
}

var testNamed = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")

// namedIn are the tests that a text names.
func namedIn(text string) []string {
	var names []string
	for _, m := range testNamed.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

func document(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestPromisesAreProven: every promise of docs/security.md names a test, and
// every test that it names is there.
func TestPromisesAreProven(t *testing.T) {
	have, promises := testNames(t), 0
	for line := range strings.Lines(document(t, "security.md")) {
		named := namedIn(line)
		for _, name := range named {
			if have[name] == "" {
				t.Errorf("there is no %s: %s", name, line)
			}
		}
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| we promise") {
			promises++
			if len(named) == 0 {
				t.Errorf("nothing proves: %s", line)
			}
		}
	}
	if promises < 10 {
		t.Errorf("only %d promises were found", promises)
	}
}

// TestFuzzTargetsAreListed: docs/fuzzing.md tells of every target, and of no other.
func TestFuzzTargetsAreListed(t *testing.T) {
	listed := namedIn(document(t, "fuzzing.md"))
	have := testNames(t)
	for name, path := range have {
		if strings.HasPrefix(name, "Fuzz") && !slices.Contains(listed, name) {
			t.Errorf("%s of %s is not in docs/fuzzing.md", name, path)
		}
	}
	for _, name := range listed {
		if have[name] == "" {
			t.Errorf("docs/fuzzing.md tells of %s, which is not there", name)
		}
	}
}

// connecting are the places that may open connections to other machines: the
// client of SSH, what it forwards, and the servers of the demo.
var connecting = []string{"sshutil/handshake.go", "sshutil/tunnel.go", "internal/demo/listener.go"}

// TestNoNetworkButSSH: the program can speak neither HTTP nor TLS, and opens no
// connection to another machine but for SSH.
func TestNoNetworkButSSH(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := strings.Fields(string(out))
	for _, one := range []string{"net/http", "net/smtp", "net/rpc", "crypto/tls"} {
		if slices.Contains(linked, one) {
			t.Errorf("%s is linked in", one)
		}
	}
	if !slices.Contains(linked, "golang.org/x/crypto/ssh") {
		t.Errorf("of %d packages none is SSH", len(linked))
	}
	found := map[string]bool{}
	for _, path := range goFiles(t, false) {
		path = filepath.ToSlash(path)
		if strings.Contains(path, "/") && !slices.Contains(linked, "nixfleet-tui/"+filepath.ToSlash(filepath.Dir(path))) {
			continue // no part of the program: benchmarks, and what tests share
		}
		for _, where := range dials(t, path) {
			found[path] = true
			if !slices.Contains(connecting, path) {
				t.Errorf("%s connects to what may be another machine", where)
			}
		}
	}
	if len(found) != len(connecting) {
		t.Errorf("connections are opened in %v", slices.Sorted(maps.Keys(found)))
	}
}

// dials are the places in a file that dial or listen on anything but a socket
// of this machine.
func dials(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		of, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		network := 0
		from, _ := of.X.(*ast.Ident)
		switch name := of.Sel.Name; {
		case name == "DialContext":
			network = 1
		case from != nil && from.Name == "net" && (strings.HasPrefix(name, "Dial") || strings.HasPrefix(name, "Listen")):
		case name == "Dial" && len(call.Args) == 2 && !isContext(call.Args[0]):
		default:
			return true
		}
		if s, is := call.Args[network].(*ast.BasicLit); !is || !strings.HasPrefix(s.Value, strconv.Quote("unix")[:5]) {
			places = append(places, set.Position(call.Pos()).String())
		}
		return true
	})
	return places
}

// isContext says whether an argument is a context by its name: our own Dial
// takes one, and a host of the inventory.
func isContext(arg ast.Expr) bool {
	id, is := arg.(*ast.Ident)
	return is && strings.Contains(strings.ToLower(id.Name), "ctx")
}
