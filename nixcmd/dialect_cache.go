package nixcmd

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nixfleet-tui/internal/atomicfile"
)

// dialectCacheVersion is the version of the cache file.
const dialectCacheVersion = 1

// dialectCache is the content of the cache file: what was answered, by the
// words that were asked, the program among them by its real path.
type dialectCache struct {
	Version  int                `json:"version"`
	Dialects map[string]Dialect `json:"dialects"`
}

// CachedDialect is DetectDialect, but a program in the Nix store is asked only
// once, because it can never change; the answer is kept in file. Anything else
// (a wrapper in /usr/local/bin, say) is asked each time: what it starts may
// depend on its environment. A cache that cannot be read or written only costs
// time.
func CachedDialect(ctx context.Context, program, env []string, file string) (Dialect, error) {
	key := dialectKey(program)
	if key == "" {
		return DetectDialect(ctx, program, env)
	}
	cache := readDialectCache(file)
	if d, ok := cache.Dialects[key]; ok {
		return d, nil
	}
	d, err := DetectDialect(ctx, program, env)
	if err != nil {
		return d, err
	}
	cache.Dialects[key] = d
	_ = cache.write(file) // then it is asked again next time
	return d, nil
}

// dialectKey names a program in the store with its leading words; "" is one
// elsewhere.
func dialectKey(program []string) string {
	if len(program) == 0 {
		return ""
	}
	path, err := exec.LookPath(program[0])
	if err != nil {
		return ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return ""
	}
	if _, ok := ParseStorePath(path); !ok {
		return ""
	}
	return strings.Join(append([]string{path}, program[1:]...), "\x00")
}

func readDialectCache(file string) dialectCache {
	empty := dialectCache{Version: dialectCacheVersion, Dialects: map[string]Dialect{}}
	content, err := os.ReadFile(file)
	if err != nil {
		return empty
	}
	var c dialectCache
	if json.Unmarshal(content, &c) != nil || c.Version != dialectCacheVersion || c.Dialects == nil {
		return empty
	}
	return c
}

func (c dialectCache) write(file string) error {
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(file, content)
}
