// Package sshutil connects to hosts the way the person's own ssh would, and
// says in typed, plain words why when it cannot.
//
// A Dialer makes one connection, a Pool keeps one per host. A dial goes like
// this: a Resolver says what ssh would do for the name (OpenSSH asks `ssh -G`,
// the only parser that agrees with ssh); jump hosts on the way are connected
// to first, and shared; the agent is asked for its keys while the network is
// waited for; x/crypto/ssh shakes hands; known_hosts decides about the host
// key; keys are offered one after the other. What x/crypto cannot do is left to
// the ssh program, whose connection a Master is; commands go through it in the
// protocol in which ssh processes share one (mux.go). Over a connection commands
// run (Client.Run), protocols are spoken (Client.Stream), and a script that is
// asked for again and again has a shell kept for it (Client.Repeat).
//
// It promises that it agrees with OpenSSH about who gets in where (the tests
// compare), and where not, is the stricter one. It never prompts, never writes
// known_hosts, and uses a key that wants a touch only in DialTouch. Every wait
// ends with its context, every process and goroutine with its Close. A command
// whose exit status did not arrive is an error of KindExitUnknown, never a
// success. Texts in an *Error are sanitized; what commands print is not.
//
// Beside connections, it tells what an agent's certificates are good for
// (ListAgent, Certificates) and whether sudo will work on a host (PredictSudo).
//
// It leaves to others when to try again, and to OpenSSH, with the person at the
// terminal, to accept a new host key (Dialer.AcceptKey).
package sshutil
