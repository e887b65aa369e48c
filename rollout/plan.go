package rollout

import (
	"path/filepath"
	"time"

	"nixfleet-tui/nixcmd"
)

// PlanVersion is the version of run.json that this program writes.
const PlanVersion = 1

// Plan is run.json: all that a run is to do, written once.
type Plan struct {
	Version  int            `json:"version"`
	ID       string         `json:"id"`
	Action   nixcmd.Action  `json:"action"`
	Created  time.Time      `json:"created"`
	Invoked  time.Time      `json:"invoked"` // when the person asked for it
	User     string         `json:"user"`
	On       string         `json:"on"` // the machine it runs on
	Flake    Flake          `json:"flake"`
	Dialect  nixcmd.Dialect `json:"dialect"`
	Program  []string       `json:"program"`  // nixos-rebuild, with leading words if any
	Parallel int            `json:"parallel"` // tasks at a time
	Args     []string       `json:"args,omitempty"`
	SSHOpts  []string       `json:"sshOpts,omitempty"` // the person's own NIX_SSHOPTS, less its -F
	Masters  bool           `json:"masters"`           // share one OpenSSH connection per host
	Sockets  string         `json:"sockets"`           // short private directory for its sockets; made by Start
	Answers  string         `json:"-"`                 // where what `ssh -G` says is kept for other runs; "" for nowhere
	Follow   bool           `json:"followTree"`        // go on when a dirty tree changes
	SkipDown bool           `json:"skipUnreachable"`   // hosts that are down (fleet.IsDown), or all that could build them, are skipped, not failed
	Insist   bool           `json:"insist,omitempty"`  // what preflight refuses is done all the same
	Ask      bool           `json:"ask,omitempty"`     // somebody may be asked for passwords and the like
	Wait     bool           `json:"wait,omitempty"`    // hosts that others are at are waited for instead of refused
	Thaw     bool           `json:"thaw,omitempty"`    // hosts that are frozen are done too
	Waves    *Waves         `json:"waves,omitempty"`   // nil: hosts are begun as there is room
	Keep     bool           `json:"keep,omitempty"`    // what is built is for a run that follows: root it, also on the host
	Then     *Then          `json:"then,omitempty"`    // of a preview: what may follow it
	Undo     bool           `json:"rollbackOnFailure,omitempty"`
	Confirm  *Confirm       `json:"confirm,omitempty"` // hosts go back by themselves unless they are found well
	Engine   []string       `json:"engine,omitempty"`  // words after this program's name that start the second engine
	Hosts    []PlanHost     `json:"hosts"`
	Findings []Finding      `json:"findings,omitempty"` // what preflight found, as the person saw it

	Alone    bool    `json:"alone,omitempty"`    // what is built here is sent to no builders
	Builders *string `json:"builders,omitempty"` // for what is built here; nil: those that this machine's Nix knows

	HealthSeconds int `json:"healthSeconds,omitempty"` // how long health checks are tried; 0: healthFor

	RebootSeconds int `json:"rebootSeconds,omitempty"` // that a host may take to come back from a reboot; 0: rebootFor

	SSHConfig []byte `json:"-"` // content of ssh_config
}

// Then is what a preview is for: the run that is to activate what it has built.
type Then struct {
	Action  nixcmd.Action `json:"action"`
	Waves   *Waves        `json:"waves,omitempty"`
	Undo    bool          `json:"rollbackOnFailure,omitempty"`
	Confirm *Confirm      `json:"confirm,omitempty"`
}

// Flake is the tree that a run deploys.
type Flake struct {
	Ref         string `json:"ref"`    // as asked
	URL         string `json:"url"`    // resolved, absolute, not locked
	Pinned      string `json:"pinned"` // what nixos-rebuild is given
	Fingerprint string `json:"fingerprint"`
	Revision    string `json:"revision,omitempty"`
	Dirty       bool   `json:"dirty"`
}

// PlanHost is one host's part of a plan.
type PlanHost struct {
	Name         string `json:"name"`
	BuildOn      string `json:"buildOn"` // "target", "local", or a name
	Sudo         bool   `json:"sudo"`
	Substitutes  bool   `json:"substitutes"`
	ForwardAgent bool   `json:"forwardAgent"`
	Wanted       string `json:"wanted,omitempty"`     // W at the pinned flake, if known
	Last         bool   `json:"last,omitempty"`       // done after all others: this machine, or one that the run builds on
	Skip         string `json:"skip,omitempty"`       // why it is not touched at all
	Failed       bool   `json:"failed,omitempty"`     // it is skipped because its preview failed, which the run's exit code tells
	Password     bool   `json:"password,omitempty"`   // sudo there wants the login user's password
	SudoAgent    bool   `json:"sudoAgent,omitempty"`  // sudo there asks the forwarded agent
	Generation   int    `json:"generation,omitempty"` // of its profile when preflight looked; 0 if it did not

	Seen   *Seen  `json:"seen,omitempty"`   // how preflight found it, if nobody else was at it
	Socket string `json:"socket,omitempty"` // of the login that preflight made, in Plan.Sockets

	HealthChecks []string `json:"healthChecks,omitempty"` // commands on the host that succeed while it is well

	Activate *Activation `json:"activate,omitempty"` // the second engine activates this; nothing is built
}

// Host returns the host's part of the plan.
func (p *Plan) Host(name string) (PlanHost, bool) {
	for _, h := range p.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return PlanHost{}, false
}

// SSHConfigLink is the short, plain path under which children are given the
// run's ssh configuration: nothing in it needs quoting.
func (p *Plan) SSHConfigLink() string { return filepath.Join(p.Sockets, "config") }

// SSHOptions are the words that every ssh of this run is given before the
// host's name: the person's own first, since ssh keeps the first value.
func (p *Plan) SSHOptions() []string {
	return append(p.masterOptions(), "-o", "ControlMaster=no")
}

// masterOptions are SSHOptions for the ssh that others share.
func (p *Plan) masterOptions() []string { return p.masterOptionsWith(p.Sockets) }

// masterOptionsWith are the same with control sockets in another directory.
func (p *Plan) masterOptionsWith(sockets string) []string {
	options := append(append([]string{}, p.SSHOpts...),
		"-F", p.SSHConfigLink(),
		"-o", "ControlPath="+filepath.Join(sockets, "%C"))
	if p.asks() {
		return options // whoever asks finds SSH_ASKPASS
	}
	return append(options, "-o", "BatchMode=yes")
}

// asks says whether programs may put questions to a person. Without a place
// for sockets there is nobody to hear them.
func (p *Plan) asks() bool { return p.Ask && p.Sockets != "" }
