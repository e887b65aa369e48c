//go:build !race

package sshutil

// patience is how much longer things may take under the race detector.
const patience = 1
