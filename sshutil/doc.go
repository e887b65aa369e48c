// Package sshutil connects to hosts the way the person's own ssh would, and
// says in typed, plain words why when it cannot.
//
// Names are resolved by `ssh -G`, dialled with golang.org/x/crypto/ssh, and
// accepted only when a known_hosts file vouches for the host key. It never
// prompts, never writes known_hosts, never uses a key that wants a touch, and
// every wait ends with its context. A command whose exit status did not arrive
// is an error of KindExitUnknown, never a success.
package sshutil
