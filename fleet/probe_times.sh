# The times of links, and which files are locked by $list, the kernel's list of
# locks: both as device:inode, which is exact, and as inode, for file systems
# whose files claim another device than their locks (btrfs, overlayfs).
set -f; IFS=$nl
set -- $locked
held=' '
for x in $list; do
  case $x in *': FLOCK '*) x=${x% * *} x=${x##* }; held="$held$x ${x##*:} " ;; esac
done
[ ! -L "$S" ] || set -- "$@" "$S" # made anew whenever the profile is set, also to an old generation
[ ! -L "${S%/*}/$link" ] || set -- "$@" "${S%/*}/$link"
[ ! -L "$B" ] || set -- "$@" "$B"
[ ! -d /proc/self/ ] || set -- "$@" /proc/self/
t=; now=; switching=0; builds=0; slots=
if [ $# -gt 0 ]; then
  t=$(stat -c '%Y %d %i %n' "$@" 2>/dev/null)
  [ -n "$t" ] || t=$(stat -f '%m %d %i %N' "$@" 2>/dev/null)
fi
for x in $t; do
  m=${x%% *} x=${x#* }; d=${x%% *} x=${x#* }; i=${x%% *} x=${x#* }
  case $x in
    */profiles/system) e profiletime "$m" ;;
    */profiles/*) e generationtime "$m" ;;
    */booted-system) e bootedtime "$m" ;;
    /proc/*) now=$m ;; # stat's own process, which is as old as its directory: that is the clock
    */switch-to-configuration.lock)
      d=$(printf '%02x:%02x' $((d >> 8 & 0xfff)) $((d & 0xff | d >> 12 & 0xfff00)))
      case $held in *" $d:$i "*) switching=1 ;; esac ;;
    */current-load/*) case $held in *" $i "*) slots="$slots ${x##*/}" ;; esac ;;
    *) case $held in *" $i "*) builds=$((builds + 1)) ;; esac ;;
  esac
done
e now "${now:-$(date +%s)}"
[ ! -e "$R/run/systemd/transient/nixos-rebuild-switch-to-configuration.service" ] || switching=1
e switching "$switching"
[ ! -r "$R/proc/locks" ] || e builds "$builds"
e slots "$slots" # of builders that its own Nix has taken
set +f
unset IFS
