package sshdtest

import (
	"net"
	"strconv"
	"testing"
)

// TestAPortThatIsTakenMeanwhile: nothing keeps a port for a server until it
// listens there, so the server looks for another one.
func TestAPortThatIsTakenMeanwhile(t *testing.T) {
	program := Program(t)
	dir := t.TempDir()
	NewKey(t, dir, "hk", "ed25519")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	s := &Server{Dir: dir, Port: port, Log: &Log{}}
	if s.listens(t, program, append(settings(program, dir, nil), "Port "+strconv.Itoa(port))) {
		t.Error("it listens where somebody else does")
	}
	if free := StartIn(t, dir); free.Port == port {
		t.Error("it has the same port")
	}
}

// TestClosedPort: who connects there is refused, and nobody else is given it.
func TestClosedPort(t *testing.T) {
	port := ClosedPort(t)
	if conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
		conn.Close()
		t.Error("somebody answers there")
	}
}
