//go:build race

package sshutil

// slower is how many times slower things are under the race detector, about.
const slower = 6
