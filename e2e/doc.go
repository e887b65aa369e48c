// Package e2e drives the built program against a real fleet, as a person would.
//
// The fleet is the lab: hosts with a systemd, an OpenSSH server, a Nix daemon
// and a store of their own, on this machine. The tests need its scripts (the
// directory that NIXFLEET_LAB names) and root; they hold the lab's lock while
// they run and keep their own state on its controller. They stand behind the
// build tag `lab`:
//
//	NIXFLEET_LAB=…/lab go test -tags lab ./e2e/
package e2e
