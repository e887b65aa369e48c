# The generations of the system profile, and what keeps paths alive by our name.
# After the fast script, whose words it uses; needs no privilege. A generation's
# lines are "gen NUMBER WHAT". One program is started per generation (its own
# nixos-version) and two more; POSIX sh as before.
said() { said=$("$@" 2>/dev/null); said=${said%%"$nl"*}; }
set --
for x in "$S"-*-link; do [ ! -L "$x" ] || set -- "$@" "$x"; done
if [ $# -gt 0 ]; then
  t=$(stat -c '%Y %n' "$@" 2>/dev/null)
  [ -n "$t" ] || t=$(stat -f '%m %N' "$@" 2>/dev/null)
  set -f; IFS=$nl
  for x in $t; do
    g=${x##*/system-}; e "gen ${g%-link} time" "${x%% *}"
  done
  unset IFS; set +f
fi
# linked NAME: what the link says, into $linked, in one program for a whole system
linked() { linked=$(readlink "$@" 2>/dev/null); }
for x; do
  g=${x##*/system-}; g=${g%-link}
  real "$x"; t=$real
  if [ -z "$t" ]; then # its system is gone
    linked "$x"; e "gen $g path" "$linked"; e "gen $g gone" 1
    continue
  fi
  e "gen $g path" "$t"
  line "$x/nixos-version"; e "gen $g label" "$line"
  line "$x/init-interface-version"; e "gen $g init" "$line"
  linked "$x/kernel" "$x/initrd" "$x/kernel-modules"
  e "gen $g boot" "$(echo $linked)"
  for k in "$x"/kernel-modules/lib/modules/*; do [ ! -d "$k" ] || e "gen $g kernel" "${k##*/}"; done
  l=
  for k in "$x"/specialisation/*; do [ ! -e "$k" ] || l="$l ${k##*/}"; done
  e "gen $g special" "$l"
  # the program that writes the boot menu is named in the one that switches
  said grep -aom1 -e 'install-[a-z-]*\.sh' -e 'extlinux-conf-builder' -e 'raspberrypi[a-z-]*-builder' "$x/bin/switch-to-configuration"
  e "gen $g loader" "$said"
  [ ! -x "$x/sw/bin/nixos-version" ] || { said "$x/sw/bin/nixos-version" --json; e "gen $g nixos" "$said"; }
done
for x in "$R"/nix/var/nix/gcroots/nixfleet/*; do
  [ ! -L "$x" ] || { real "$x"; e "pin ${x##*/}" "$real"; }
done
line "$C/init-interface-version"; e init "$line"
