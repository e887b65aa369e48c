package fleet

import (
	"os"
	"path/filepath"
	"strings"
)

// ThisMachine is the Reading.MachineKey that the machine under root (usually
// "/") would have, by which a host of the fleet is known to be ourselves; ""
// where there is none, as on macOS.
func ThisMachine(root string) string {
	first := func(path string) string {
		raw, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return "" // then no host can be this machine
		}
		line, _, _ := strings.Cut(string(raw), "\n")
		return strings.TrimSpace(line)
	}
	return Reading{MachineID: first("etc/machine-id"), BootID: first("proc/sys/kernel/random/boot_id")}.MachineKey()
}
