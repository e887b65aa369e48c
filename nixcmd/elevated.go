package nixcmd

// Elevated is how many commands of the action nixos-rebuild starts with sudo on
// the target, one ssh each, so that sudo takes none for the one before and asks
// anew. The sequence is that of services.py and of nixos-rebuild.sh: the profile
// is set, then switch-to-configuration runs under systemd-run, which the bash
// program tries out first.
func (d Dialect) Elevated(a Action) int {
	n := 0
	if a.MovesProfile() {
		n++
	}
	if a.MovesProfile() || a.Activates() || a == DryActivate {
		n++
		if d.Kind == KindBash {
			n++
		}
	}
	return n
}
