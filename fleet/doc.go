// Package fleet is what we know: which hosts and builders there are
// (inventory), what the flake wants of them (facts), what they say of
// themselves (status), and what follows from both (drift, health).
//
// It reads and never changes a host. It promises that one broken host spoils
// nothing but its own row, and that what is not known is said to be unknown.
package fleet
