package demo

import (
	"context"
	"net"

	"golang.org/x/crypto/ssh/agent"
)

// sudoVariable set to "agent" has sudo on the demo's hosts ask the agent that
// nixos-rebuild finds in its environment, and refuse without one that holds a
// key. It is for tests: else the demo leaves a person's agent alone.
const sudoVariable = "NIXFLEET_DEMO_SUDO"

// askedBySudo is the socket of the agent that sudo asks, or "".
func askedBySudo(environ []string) string {
	if setting(environ, sudoVariable) != "agent" {
		return ""
	}
	return setting(environ, "SSH_AUTH_SOCK")
}

// vouched says whether the agent at socket holds a key. As the module that asks
// it on a host, this waits for its answer as long as that takes.
func vouched(ctx context.Context, socket string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	keys, err := agent.NewClient(conn).List()
	return err == nil && len(keys) > 0
}
