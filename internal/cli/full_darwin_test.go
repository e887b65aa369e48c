package cli

import "testing"

// smallFileSystem is a directory with little space.
func smallFileSystem(t *testing.T) string {
	t.Helper()
	t.Skip("a full disk is tried on Linux, where root can mount a small tmpfs")
	return ""
}
