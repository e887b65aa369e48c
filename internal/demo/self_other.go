//go:build !linux

package demo

import "os"

// Program is how to start this very program again.
func Program() (string, error) { return os.Executable() }
