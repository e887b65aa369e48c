package sshutil

import (
	"path/filepath"
	"strings"
)

// AgentProgram is the name of the program that listens on an agent's socket,
// such as "ssh-agent" or "gpg-agent"; "" where that cannot be told.
func AgentProgram(socket string) string {
	if strings.HasPrefix(filepath.Base(socket), "S.gpg-agent") {
		return "gpg-agent" // also where systemd listens for it
	}
	return peerProgram(socket)
}
