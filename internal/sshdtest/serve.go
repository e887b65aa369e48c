package sshdtest

import (
	"net"
	"sync"

	"golang.org/x/crypto/ssh/agent"
)

// Owner is whoever a server lives as long as: a test, or what takes one's place.
type Owner interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// Serve has handle answer each connection that l accepts, and closes it after
// that. What it returns closes the listener and every connection, and waits
// until nobody handles one any more; that happens at the end of the test, too.
func Serve(t Owner, l net.Listener, handle func(net.Conn)) (stop func()) {
	t.Helper()
	var serving sync.WaitGroup
	var mu sync.Mutex
	open, over := map[net.Conn]bool{}, false
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			if over {
				conn.Close()
			}
			mu.Unlock()
			serving.Go(func() {
				handle(conn)
				conn.Close()
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	stop = func() {
		l.Close()
		mu.Lock()
		over = true
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// ServeAgent has a answer at a new socket, until stop is called or the test ends.
func ServeAgent(t Owner, socket string, a agent.Agent) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	return Serve(t, l, func(conn net.Conn) {
		agent.ServeAgent(a, conn) //nolint:errcheck // it ends when it is hung up on
	})
}
