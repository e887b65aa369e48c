package nixcmd

import (
	"strconv"
	"strings"
)

// The system profile: a link to one of its generations' links, all of which
// stand beside it.
const (
	profileDir    = "/nix/var/nix/profiles"
	SystemProfile = profileDir + "/system"
)

// GenerationLink is the path of a generation's link of the system profile.
func GenerationLink(number int) string {
	return SystemProfile + "-" + strconv.Itoa(number) + "-link"
}

// ParseGenerationLink takes the number from the name (or path) of a generation's
// link of the system profile, such as "system-42-link". Links of other profiles
// and what only looks like a number are none.
func ParseGenerationLink(link string) (number int, ok bool) {
	if i := strings.LastIndexByte(link, '/'); i >= 0 {
		link = link[i+1:]
	}
	digits, found := strings.CutPrefix(link, "system-")
	if !found {
		return 0, false
	}
	if digits, found = strings.CutSuffix(digits, "-link"); !found || digits == "" || digits[0] == '0' {
		return 0, false
	}
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil
}
