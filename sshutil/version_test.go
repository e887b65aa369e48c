package sshutil

import (
	"context"
	"testing"

	"nixfleet-tui/internal/sshdtest"
)

func TestVersion(t *testing.T) {
	tests := []struct {
		said         string
		major, minor int
		patterns     bool
	}{
		{"OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19", 9, 2, false},
		{"OpenSSH_10.2p1, LibreSSL", 10, 2, false},
		{"OpenSSH_10.3p1", 10, 3, true},
		{"OpenSSH_11.0", 11, 0, true},
		{"OpenSSH_for_Windows_9.5p1", 0, 0, false},
		{"", 0, 0, false},
	}
	for _, tt := range tests {
		major, minor := parseVersion(tt.said)
		if major != tt.major || minor != tt.minor || takesPatterns(major, minor) != tt.patterns {
			t.Errorf("%q: %d.%d, patterns %t", tt.said, major, minor, takesPatterns(major, minor))
		}
	}
	sshdtest.Program(t)
	if major, _ := versionOf(context.Background(), ""); major < 7 {
		t.Errorf("our ssh is version %d", major)
	}
	if major, _ := versionOf(context.Background(), "no-such-ssh"); major != 0 {
		t.Errorf("no ssh is version %d", major)
	}
}
