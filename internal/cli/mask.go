package cli

import "golang.org/x/sys/unix"

// UnmaskOwner takes the owner's bits out of the umask, here and in all that we
// start. All that this program makes is made for its owner alone, whatever the
// umask is; one that masks the owner's own bits, which some scripts leave
// behind, would make directories that we may not write to. It is called once,
// before there is a second goroutine.
func UnmaskOwner() {
	const ours = 0o700
	if mask := unix.Umask(0o077); mask&^ours != 0o077 {
		unix.Umask(mask &^ ours)
	}
}
