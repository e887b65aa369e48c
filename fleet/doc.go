// Package fleet is what we know: which hosts and builders there are
// (inventory), what the flake wants of them (facts), what they say of
// themselves (status), and what follows from both (drift, health).
//
// It reads and never changes a host. It promises that one broken host spoils
// nothing but its own row, and that what is not known is said to be unknown.
//
// Where to begin: Find and Load give an Inventory, OpenCache and Evaluate the
// Facts, a Prober or a Watch the Status of each host; Judge, JudgeBuilder and
// Selection draw conclusions, and NewStatusDocument writes them all down.
package fleet
