package demo

import (
	"fmt"
	"slices"
	"strings"
)

// rebuildArgs is what nixos-rebuild was asked for.
type rebuildArgs struct {
	action        string
	flake, attr   string
	target, build string // hosts, as ssh is asked; "" is this machine
	storePath     string
	sudo          bool
	rollback      bool
	help          bool
	log           logOptions
	warnings      []string
}

// usageError is what argparse says, with the exit status 2.
type usageError struct{ message string }

func (e *usageError) Error() string { return "nixos-rebuild: error: " + e.message }

// rebuildUsage is the start of the real one's help.
const rebuildUsage = `usage: nixos-rebuild [-h] [--attr ATTR] [--flake [FLAKE]] [--no-reexec] [--store-path STORE_PATH] [--diff]
                     [--target-host TARGET_HOST] [--build-host BUILD_HOST] [--sudo] [--ask-sudo-password] [--rollback]
                     [--use-substitutes] [--log-format LOG_FORMAT] [--verbose] [--option OPTION OPTION]
                     {switch,boot,test,build,dry-build,dry-activate}`

// takesValues says how many words follow an option of nixos-rebuild or of Nix.
func takesValues(option string) int {
	switch option {
	case "--target-host", "--build-host", "--store-path", "--log-format", "--profile-name", "-p", "--specialisation", "-c",
		"--max-jobs", "-j", "--cores", "--builders", "--file", "-f", "--attr", "-A", "--flake", "-F", "--update-input", "--include", "-I", "--elevate":
		return 1
	case "--option", "--override-input":
		return 2
	}
	return 0
}

// switches are the options without words that change nothing in the demo.
func switches() []string {
	return []string{"--no-reexec", "--no-build-nix", "--use-substitutes", "-s", "--substitute-on-destination", "--diff", "--verbose", "-v", "--quiet",
		"--print-build-logs", "-L", "--keep-going", "-k", "--keep-failed", "-K", "--fallback", "--repair", "--impure", "--offline", "--refresh", "--show-trace",
		"--accept-flake-config", "--no-write-lock-file", "--install-bootloader", "--upgrade", "--no-ssh-tty"}
}

// parseRebuild reads the arguments as nixos-rebuild-ng's parser would. The
// error is a *usageError.
func parseRebuild(args []string) (rebuildArgs, error) {
	var a rebuildArgs
	var lacking []string
	for i := 0; i < len(args); i++ {
		option, value, joined := strings.Cut(args[i], "=")
		if !strings.HasPrefix(option, "--") || !joined {
			option, joined = args[i], false
		}
		if n := takesValues(option); n > 0 && !joined {
			if i+n >= len(args) {
				return a, &usageError{fmt.Sprintf("argument %s: expected %d argument(s)", option, n)}
			}
			value = args[i+1]
			i += n
		}
		switch {
		case a.option(option, value):
		case takesValues(option) > 0, slices.Contains(switches(), option):
		case !strings.HasPrefix(option, "-") && a.action == "":
			a.action = option
		default:
			lacking = append(lacking, args[i])
		}
	}
	switch {
	case len(lacking) > 0:
		return a, &usageError{"unrecognized arguments: " + strings.Join(lacking, " ")}
	case a.help || a.action == "":
		a.help = true
	case !slices.Contains([]string{"switch", "boot", "test", "build", "dry-build", "dry-activate"}, a.action):
		return a, &usageError{fmt.Sprintf("argument {switch,boot,test,build,dry-build,dry-activate}: invalid choice: '%s'", a.action)}
	case a.flake == "" && a.storePath == "" && !a.rollback:
		return a, &usageError{"the demo's nixos-rebuild needs --flake REF#HOST, --store-path PATH or --rollback"}
	}
	return a, nil
}

// option takes one that matters here.
func (a *rebuildArgs) option(option, value string) bool {
	switch option {
	case "--flake", "-F":
		at := strings.LastIndexByte(value, '#')
		if at < 0 {
			at = len(value)
		}
		a.flake, a.attr = value[:at], strings.Trim(strings.TrimPrefix(value[at:], "#"), `"`)
	case "--target-host":
		a.target = hostPart(value)
	case "--build-host":
		a.build = hostPart(value)
	case "--store-path":
		a.storePath = value
	case "--log-format":
		a.log.json = value == "internal-json"
	case "--sudo", "--ask-sudo-password", "-S":
		a.sudo = true
	case "--use-remote-sudo":
		a.sudo = true
		a.warnings = append(a.warnings, "nixos-rebuild: warning: --use-remote-sudo deprecated, use --sudo instead")
	case "--fast":
		a.warnings = append(a.warnings, "nixos-rebuild: warning: --fast deprecated, use --no-reexec instead")
	case "--rollback":
		a.rollback = true
	case "--help", "-h":
		a.help = true
	case "-L", "--print-build-logs":
		a.log.lines = true
	default:
		return false
	}
	return true
}

// hostPart is a host without user@ and without a scheme.
func hostPart(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if _, rest, ok := strings.Cut(s, "@"); ok {
		s = rest
	}
	return s
}
