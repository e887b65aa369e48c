package install

import "time"

// What can be tuned, in one place.
const (
	root = "/mnt" // where installers have the future system's file systems

	markers  = "nixfleet-install " // begins the lines that our scripts print
	shell    = "exec sh -s"
	runDir   = "/run/nixfleet-install" // on the installer, gone with it
	maxSaid  = 200                     // cells of a foreign program's last words
	maxOut   = 4 << 20                 // bytes of one answer
	maxTail  = 20                      // lines kept of a program that failed
	lookLog  = 64 << 10                // bytes of nixos-install's log per look
	lookWait = time.Second             // between two looks

	progressEvery = 250 * time.Millisecond // at most, of what is told
	maxSecret     = 1 << 20                // bytes read of an encrypted file; its header comes first

	courseLines = 500 // of what was told, kept for viewers

	bootWait  = 10 * time.Minute // for the new host to come up
	bootPause = 2 * time.Second  // between two tries

	stopWait = 10 * time.Second // for nix to end after an interrupt

	// spare is what stays free beside the closure: boot loader, /etc, first logs.
	spare = 256 << 20

	recordVersion = 1
)
