package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nixfleet-tui/fleet"
)

// busy judges whether somebody else is at the host. Who wants to wait for
// others is only told for whom.
func (f *finder) busy() {
	if !f.plan.disturbs() {
		return
	}
	holder, held := f.ground.Holders[f.host.Name]
	a := f.survey.Activation
	switch { // and if somebody activates where a run of ours is, it is that run
	case held && f.plan.Wait:
		f.add(CheckBusy, LevelNote, "it waits for its turn: "+holder.words(), "")
	case held:
		f.add(CheckBusy, LevelBlocker, holder.words(), "Let this run wait for it (--wait-for-others; `w` in the dashboard), or look how far it is: `nixfleet-tui runs`.")
	case a != nil && f.plan.Wait:
		f.add(CheckBusy, LevelNote, "it waits for its turn: somebody is activating a system on it"+activationWords(*a), "")
	case a != nil:
		f.add(CheckBusy, LevelBlocker, "somebody is activating a system on it right now"+activationWords(*a),
			"Wait until that has ended (systemctl status nixos-rebuild-switch-to-configuration), or let this run wait for it (--wait-for-others; `w` in the dashboard).")
	}
}

// words say who has a machine.
func (h Holder) words() string {
	if h.Run == "" {
		return "another run has its machine"
	}
	return fmt.Sprintf("%s (as %s) has had its machine since %s", h.who(), h.Host, h.Since.Local().Format("15:04:05"))
}

// activationWords say who is at it, since when, and with what, as far as that
// can be seen without being root.
func activationWords(a fleet.Activation) string {
	var parts []string
	if a.By != "" {
		parts = append(parts, "by "+a.By)
	}
	if a.For > 0 {
		parts = append(parts, "for "+a.For.Round(time.Second).String())
	}
	if a.Command != "" {
		parts = append(parts, "with `"+a.Command+"`")
	}
	if len(a.Logins) > 0 {
		parts = append(parts, "logged in there: "+strings.Join(a.Logins, "; "))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// sudo judges whether a run could become root.
func (f *finder) sudo() {
	user := f.survey.User
	if user == "" {
		user = "the login user"
	}
	switch f.survey.Sudo {
	case fleet.SudoNotAsked, fleet.SudoWorks:
	case fleet.SudoPassword:
		if f.plan.Ask {
			f.add(CheckSudo, LevelNote, "sudo wants a password of "+user+" there: you will be asked for it before anything is built"+f.miss(), f.mend())
			return
		}
		f.add(CheckSudo, LevelBlocker, "sudo wants a password of "+user+" there, which a run cannot give"+f.miss(), f.sudoHint(user))
	case fleet.SudoRefused:
		f.add(CheckSudo, LevelBlocker, "sudo does not let "+user+" do anything there: "+f.survey.SudoSaid, "Put "+user+" into the group wheel, or log in as somebody who is.")
	case fleet.SudoMissing:
		f.add(CheckSudo, LevelBlocker, "there is no sudo on it", "Log in as root and set `sudo = false` for it in fleet.nix, or enable security.sudo there.")
	case fleet.SudoBroken:
		f.add(CheckSudo, LevelBlocker, "sudo does not work there: "+f.survey.SudoSaid, "Mend it on the host, as root.")
	case fleet.SudoSilent:
		f.add(CheckSudo, LevelWarning, "sudo there did not answer in time", "It may wait for a touch of a security key, or for a directory server.")
	default:
		f.add(CheckSudo, LevelWarning, "whether sudo works there could not be learned: "+f.survey.SudoSaid, "")
	}
}

// sudoHint is what most probably makes sudo go without a password.
func (f *finder) sudoHint(user string) string {
	if mend := f.mend(); mend != "" {
		return mend
	}
	switch {
	case f.host.ForwardAgent && !f.ground.Agent:
		return "No ssh-agent runs here that could be forwarded: if sudo there asks the agent (pam_ussh, pam_rssh), start one."
	case len(f.survey.Groups) > 0 && !slices.Contains(f.survey.Groups, "wheel") && !slices.Contains(f.survey.Groups, "sudo"):
		return user + " is not in the group wheel there; with security.sudo.wheelNeedsPassword = false its members need no password."
	}
	return "Set security.sudo.wheelNeedsPassword = false there, let sudo ask your forwarded agent (security.pam.ussh, security.pam.rssh), or log in as root."
}

// space judges whether another system fits onto the disks.
func (f *finder) space() {
	store, boot := f.survey.Store, f.survey.Boot
	f.room("/nix/store", store, storeLow, storeFull, "Collect garbage there: sudo nix-collect-garbage --delete-older-than 30d")
	boots := f.plan.Action.MovesProfile()
	if boots && boot.Mount != store.Mount {
		f.room("/boot", boot, bootLow, bootFull,
			"Old kernels fill it: remove old generations (sudo nix-collect-garbage --delete-older-than 30d, then switch once more), and set boot.loader.systemd-boot.configurationLimit.")
	}
}

func (f *finder) room(where string, s fleet.Space, low, full int64, hint string) {
	switch {
	case s.Total == 0:
	case s.Free < full:
		f.add(CheckSpace, LevelBlocker, where+" is full: "+size(s.Free)+" of "+size(s.Total)+" are free", hint)
	case s.Free < low:
		f.add(CheckSpace, LevelWarning, where+" is nearly full: "+size(s.Free)+" of "+size(s.Total)+" are free", hint)
	}
}

// size is a number of bytes for people.
func size(n int64) string {
	value, unit := float64(n)/(1<<20), "MiB"
	if value >= 1<<10 {
		value, unit = value/(1<<10), "GiB"
	}
	if value >= 100 || value == float64(int64(value)) {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// drift judges whether something would be undone that is not in our tree. To
// see that it need not be known what the tree wants.
func (f *finder) drift() {
	if !f.plan.changes() {
		return
	}
	facts, r := f.ground.Facts[f.host.Name], f.survey.Reading
	wanted := "something else"
	if facts.State == fleet.FactsFresh && facts.Wanted != "" {
		wanted = facts.Wanted
	}
	ours := f.plan.Flake.short()
	const hint = "Fetch and merge that revision first; or confirm the host by name."
	switch fleet.Judge(r, wanted, f.ground.Histories[f.host.Name]) {
	case fleet.DriftAhead:
		f.add(CheckDrift, LevelConfirm, fmt.Sprintf("it is ahead: it runs %s, which comes after this tree's %s and would be undone", short(r.Revision), ours), hint)
	case fleet.DriftDiverged:
		f.add(CheckDrift, LevelConfirm, fmt.Sprintf("it has diverged: it runs %s, which is not in the history of this tree's %s; somebody else deployed it, and it would be undone", short(r.Revision), ours), hint)
	case fleet.DriftTesting:
		f.add(CheckDrift, LevelNote, "it is testing a system that is not its profile", "")
	case fleet.DriftOlderBooted:
		f.add(CheckDrift, LevelNote, "somebody chose an older system at its last boot", "")
	case fleet.DriftBootPending:
		f.add(CheckDrift, LevelNote, "its profile was set since its last boot: a reboot has been pending", "")
	}
}

// short is a revision as people say it.
func (f Flake) short() string {
	if f.Revision == "" {
		return "revision"
	}
	return short(f.Revision)
}

func short(revision string) string {
	const shown = 7
	return revision[:min(shown, len(revision))]
}

// aboutTree judges what is deployed, the same for all hosts.
func (g *Ground) aboutTree(p *Plan) []Finding {
	var found []Finding
	if p.Flake.Dirty {
		found = append(found, Finding{Check: CheckTree, Level: LevelWarning,
			Message: fmt.Sprintf("the tree %s is dirty: its uncommitted changes are deployed too, and no revision will tell what ran", p.Flake.URL)})
	}
	if n := len(g.Untracked); n > 0 {
		level := LevelNote
		if slices.ContainsFunc(g.Untracked, func(path string) bool { return strings.HasSuffix(path, ".nix") || strings.HasSuffix(path, "/") }) {
			level = LevelWarning // the configuration may want it
		}
		names := strings.Join(g.Untracked[:min(n, untrackedShown)], ", ")
		if n > untrackedShown {
			names += fmt.Sprintf(" and %d more", n-untrackedShown)
		}
		found = append(found, Finding{Check: CheckTree, Level: level,
			Message: "git does not track " + names + ", so Nix does not see it", Hint: "Add what belongs to the flake: git add " + g.Untracked[0]})
	}
	return found
}
