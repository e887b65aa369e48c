//go:build !linux

package sshutil

// peerProgram cannot be told here.
func peerProgram(string) string { return "" }
