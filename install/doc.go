// Package install makes a machine that runs an installer into a host of the
// fleet, step by step, so that its first generation is the fleet's own.
//
// An Installation is a row of steps. Each can tell by itself whether it is done,
// by asking the target or looking at this machine; the Record that is kept
// between two starts holds only what nobody else could tell (which files were
// made by us, so that undoing takes nothing else away). So a flow that was cut
// anywhere is resumed by running it again.
//
// It promises that nothing that exists is overwritten: no host key, no
// hardware configuration, no system that is already installed. It never
// partitions, formats or mounts. The private half of the host key is made on
// the target and stays there. Up to nixos-install all that it did can be undone.
//
// Formats that are read: `nixos-generate-config --show-hardware-config` is kept
// as it comes; what the target tells is marked line by line (survey.sh).
package install
