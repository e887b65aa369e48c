package cli

import (
	"context"
	"os/exec"
	"strings"
)

// untracked are the files and directories below dir that git does not track,
// so that Nix does not see them. A directory that is none of git's hides nothing.
func untracked(ctx context.Context, dir string) []string {
	if dir == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, untrackedTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "-C", dir, "ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory").Output()
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}
