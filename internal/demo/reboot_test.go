package demo

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestRebootIsAnsweredFromAfar: however long the answer is under way, a host goes
// down after it has arrived.
func TestRebootIsAnsweredFromAfar(t *testing.T) {
	dir := directory(t.TempDir())
	if err := dir.make(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		servers, listeners, err := testDaemon(string(dir)).hosts(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listeners {
			if err := l.close(); err != nil {
				t.Error(err)
			}
		}
		const ayeaye = 2 // where we are root
		host := servers[ayeaye]
		host.delay = func() time.Duration { return time.Second }
		here, there := net.Pipe()
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			host.connection(t.Context(), there)
		}()
		key, err := readOrMakeKey(dir.clientKey(), "")
		if err != nil {
			t.Fatal(err)
		}
		conn, channels, requests, err := ssh.NewClientConn(here, host.host.Name, &ssh.ClientConfig{
			User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
		if err != nil {
			t.Fatal(err)
		}
		client := ssh.NewClient(conn, channels, requests)
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Run("reboot"); err != nil {
			t.Errorf("%s does not answer: %v", host.host.Name, err)
		}
		<-gone // the connection ends with it
		client.Close()
	})
}
