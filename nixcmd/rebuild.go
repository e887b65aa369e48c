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

// Activates says whether the action changes the running system of a host.
func (a Action) Activates() bool { return a == Switch || a == Test }

// MovesProfile says whether the action sets the system profile of a host.
func (a Action) MovesProfile() bool { return a == Switch || a == Boot }

// Dialect is which nixos-rebuild is installed and what its parser takes.
type Dialect struct {
	Kind      string `json:"kind"`      // "ng" or "bash"
	Sudo      bool   `json:"sudo"`      // --sudo; otherwise --use-remote-sudo
	NoReexec  bool   `json:"noReexec"`  // --no-reexec; otherwise --fast
	StorePath bool   `json:"storePath"` // --store-path
}

// Rebuild is one call of nixos-rebuild.
type Rebuild struct {
	Action      Action
	Flake       string // reference without attribute, best a pinned one
	Attr        string // the name in nixosConfigurations
	TargetHost  string // as ssh is asked
	BuildHost   string // as ssh is asked; "" builds on this machine
	Sudo        bool
	Substitutes bool
	Extra       []string // the person's own arguments, passed on unchanged
}

// Args are the arguments for nixos-rebuild, the program's name not among them.
func (d Dialect) Args(r Rebuild) []string { panic("soon") }
