package nixcmd

// Action is what nixos-rebuild is asked to do.
type Action string

// The actions that a run can have.
const (
	Switch      Action = "switch"
	Boot        Action = "boot"
	Test        Action = "test"
	Build       Action = "build"
	DryBuild    Action = "dry-build"
	DryActivate Action = "dry-activate"
)

// Reboot is no action of nixos-rebuild, but of a run: hosts are restarted.
const Reboot Action = "reboot"

// Collect is another: generations are deleted and garbage is collected.
const Collect Action = "collect"

// Activates says whether the action changes the running system of a host.
func (a Action) Activates() bool { return a == Switch || a == Test || a == Reboot }

// MovesProfile says whether the action sets the system profile of a host.
func (a Action) MovesProfile() bool { return a == Switch || a == Boot }

// Rebuild is one call of nixos-rebuild.
type Rebuild struct {
	Action      Action
	Flake       string // reference without attribute, best a pinned one
	Attr        string // the name in nixosConfigurations
	TargetHost  string // as ssh is asked
	BuildHost   string // as ssh is asked; "" builds on this machine
	Sudo        bool
	Password    bool // sudo's password is given: on stdin to ng, on a terminal to bash
	Substitutes bool
	Extra       []string // the person's own arguments, passed on unchanged
}

// Args are the arguments for nixos-rebuild, the program's name not among them.
//
// The attribute goes in plain: both dialects put nixosConfigurations."…"
// around what follows the last #, so a name with dots needs no quotes, and a
// name with a quote or a # cannot be said to either of them.
func (d Dialect) Args(r Rebuild) []string {
	args := []string{string(r.Action), "--flake", r.Flake + "#" + r.Attr}
	if r.TargetHost != "" {
		args = append(args, "--target-host", r.TargetHost)
	}
	if r.BuildHost != "" {
		args = append(args, "--build-host", r.BuildHost)
	}
	if r.Sudo {
		args = append(args, pick(d.Sudo, "--sudo", "--use-remote-sudo"))
	}
	if r.Sudo && r.Password && d.Kind != KindBash {
		args = append(args, "--ask-sudo-password")
	}
	args = append(args, pick(d.NoReexec, "--no-reexec", "--fast"))
	if d.Kind == KindBash && !(r.Sudo && r.Password) {
		// With a terminal, ssh would merge stdout into stderr and end lines in
		// \r\n. But sudo there asks for its password on nothing else.
		args = append(args, "--no-ssh-tty")
	}
	if r.Substitutes {
		args = append(args, "--use-substitutes")
	}
	args = append(args, "--log-format", "internal-json")
	return append(args, r.Extra...)
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
