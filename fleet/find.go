package fleet

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const (
	fleetFile = "fleet.nix"
	flakeFile = "flake.nix"
)

// Find looks for the inventory: the flags first, then fleet.nix and flake.nix
// in dir and above it up to the root of the repository. The first directory
// that has either of them wins; a fleet.nix alone is joined by the next
// flake.nix above it. The error is an *Error.
func Find(dir, flakeFlag, fileFlag string) (Source, error) {
	var src Source
	var err error
	if fileFlag != "" {
		if src.File, err = namedFile(dir, fileFlag); err != nil {
			return Source{}, err
		}
	}
	switch {
	case flakeFlag != "":
		return withFlake(dir, flakeFlag, src)
	case src.File != "":
		src.Flake = flakeAbove(filepath.Dir(src.File))
		if src.Flake == "" {
			src.Flake = flakeAbove(dir)
		}
		return src, nil
	}
	return search(dir)
}

// namedFile resolves --fleet; a directory means the fleet.nix in it.
func namedFile(dir, name string) (string, error) {
	path := absolute(dir, name)
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path = filepath.Join(path, fleetFile)
		_, err = os.Stat(path)
	}
	if err != nil {
		e := mistake("Give --fleet the path of a fleet.nix.", "cannot read the inventory %s: %s", path, plainCause(err))
		e.Err = err
		return "", e
	}
	return path, nil
}

// withFlake resolves --flake. A reference to a local directory is made
// absolute and brings the fleet.nix that lies there, unless --fleet named one.
func withFlake(dir, ref string, src Source) (Source, error) {
	if before, attr, found := strings.Cut(ref, "#"); found {
		return Source{}, mistake("Say --flake "+orDot(before)+" and name hosts with --on, such as --on "+attr+".",
			"--flake %s names an attribute, but the whole flake is wanted", ref)
	}
	local, ok := parseLocal(dir, ref)
	if !ok {
		src.Flake = ref
		return src, nil
	}
	if _, err := os.Stat(local.dir); err != nil {
		e := mistake("Give --flake the folder that holds flake.nix.", "cannot read the flake %s: %s", local.dir, plainCause(err))
		e.Err = err
		return Source{}, e
	}
	root := local.root()
	if root == "" {
		return Source{}, mistake("Give --flake the folder that holds flake.nix, or use --fleet for an inventory without a flake.",
			"there is no flake.nix in %s", local.dir)
	}
	src.Flake = local.scheme + root + local.query
	if local.exact {
		src.Flake = local.scheme + local.path + local.query
	}
	if beside := filepath.Join(root, fleetFile); src.File == "" && isFile(beside) {
		src.File = beside
	}
	return src, nil
}

// localFlake is a flake reference that names a directory of this machine.
type localFlake struct {
	scheme string // "", "path:" or "git+file://"
	path   string // absolute
	query  string // with its question mark, or ""
	dir    string // where flake.nix should be: path and the query's dir
	exact  bool   // Nix does not search above dir
}

// root is the directory that holds flake.nix, or "".
func (l localFlake) root() string {
	if !l.exact {
		return flakeAbove(l.dir)
	}
	if isFile(filepath.Join(l.dir, flakeFile)) {
		return l.dir
	}
	return ""
}

// parseLocal tells references to local directories as Nix does: they begin
// with a dot or a slash, `path:` or `git+file:`; a bare word is a registry's.
func parseLocal(dir, ref string) (localFlake, bool) {
	var l localFlake
	rest, query, hasQuery := strings.Cut(ref, "?")
	switch {
	case strings.HasPrefix(rest, "path:"):
		l.scheme, rest = "path:", strings.TrimPrefix(rest, "path:")
	case strings.HasPrefix(rest, "git+file:"):
		l.scheme, rest = "git+file://", strings.TrimPrefix(strings.TrimPrefix(rest, "git+file:"), "//")
	case !strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "/"):
		return l, false
	}
	l.path = absolute(dir, rest)
	l.dir = l.path
	if hasQuery {
		l.query = "?" + query
		// A query that cannot be read is Nix's to complain about.
		if values, err := url.ParseQuery(query); err == nil {
			l.dir = filepath.Join(l.path, values.Get("dir"))
		}
	}
	l.exact = l.scheme != "" || hasQuery
	return l, true
}

func search(dir string) (Source, error) {
	for _, d := range upwards(dir) {
		file, flake := filepath.Join(d, fleetFile), filepath.Join(d, flakeFile)
		switch {
		case isFile(file):
			return Source{Flake: flakeAbove(d), File: file}, nil
		case isFile(flake):
			return Source{Flake: d}, nil
		}
	}
	return Source{}, mistake("Start in your flake's folder, or name one with --flake or --fleet; `nixfleet-tui demo` needs neither.",
		"there is no flake.nix and no fleet.nix in %s or above it", dir)
}

// flakeAbove is the nearest directory at or above dir that holds a flake.nix, or "".
func flakeAbove(dir string) string {
	for _, d := range upwards(dir) {
		if isFile(filepath.Join(d, flakeFile)) {
			return d
		}
	}
	return ""
}

// upwards lists dir and the directories above it, up to the root of the
// repository, or of the file system where there is none.
func upwards(dir string) []string {
	dirs := []string{dir}
	for {
		// In a worktree or submodule .git is a file.
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dirs
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dirs
		}
		dir = parent
		dirs = append(dirs, dir)
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

func orDot(ref string) string {
	if ref == "" {
		return "."
	}
	return ref
}

// plainCause is what the system says went wrong, without the call and the path.
func plainCause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
