package text

import "strings"

// AsCalled has the commands that a hint names begin as this program was called,
// such as "nixfleet-tui demo": in the demo they are for the demo's hosts, and not
// for those of a flake.
func AsCalled(self, hint string) string {
	program, _, _ := strings.Cut(self, " ")
	there, here := "`"+program+" ", "`"+self+" "
	return strings.NewReplacer(here, here, there, here).Replace(hint)
}
