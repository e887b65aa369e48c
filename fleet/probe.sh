# What a host is and what it runs. It is asked every few seconds, so it is shell
# builtins and two programs, readlink and stat, and cat where Nix builds. POSIX sh, on stdin of /bin/sh -s.
# Each answer is a line "NF1 TAB key TAB value"; whatever else is printed on the
# way (banners, a shell's greeting) is no answer. NF_ROOT is for tests.
LC_ALL=C QUOTING_STYLE=literal R=${NF_ROOT-}
PATH=$PATH:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/bin:/bin:/usr/sbin:/sbin
export LC_ALL QUOTING_STYLE PATH
nl='
'
e() { [ -z "$2" ] || printf 'NF1\t%s\t%s\n' "$1" "$2"; }
# line FILE: its first line into $line, also when it lacks a newline
line() { line=; [ ! -r "$1" ] || read -r line <"$1" || :; }
# real DIR: where it really is into $real, without starting a program
real() { real=; [ ! -d "$1" ] || { cd -P -- "$1" 2>/dev/null && real=$PWD && real=${real#"$R"}; cd /; }; }

S=$R/nix/var/nix/profiles/system C=$R/run/current-system B=$R/run/booted-system
line "$R/etc/machine-id"; e machine "$line"
line "$R/etc/ssh/ssh_host_ed25519_key.pub"; e hostkey "$line"
line "$R/proc/sys/kernel/random/boot_id"; e boot "$line"
line "$R/proc/sys/kernel/hostname"; e host "$line"
line "$R/proc/sys/kernel/ostype"; e os "$line"
line "$R/proc/sys/kernel/osrelease"; e kernel "$line"
line "$R/proc/uptime"; e uptime "${line%% *}"
line "$R/proc/loadavg"; e load "$line"
real "$S"; e profile "$real"
real "$C"; e current "$real"
real "$B"; e booted "$real"
line "$C/system"; e system "$line"
line "$C/nixos-version"; e label "$line"

# The store answers through this socket. Where we may not look for it, nothing is said.
D=$R/nix/var/nix/daemon-socket
if [ -S "$D/socket" ]; then e store 1
elif [ -x "$D" ] || { [ -d "$R/nix/store" ] && [ ! -d "$D" ]; }; then e store 0; fi

# The links: which generation, and whether the next boot brings another kernel.
set -f; IFS=$nl
set --; other=0
[ ! -L "$S" ] || set -- "$S"
for x in initrd kernel kernel-modules; do
  if [ -L "$B/$x" ] && [ -L "$S/$x" ]; then set -- "$@" "$B/$x" "$S/$x"
  elif [ -L "$B/$x" ] || [ -L "$S/$x" ]; then other=1; fi
done
n=$#; l=
if [ $n -gt 0 ]; then
  l=$(readlink "$@" 2>/dev/null)
  old=$*; set -- $l
  # not every readlink takes more than one
  if [ $# -ne $n ]; then l=; for x in $old; do l=$l$nl$(readlink "$x"); done; set -- $l; fi
fi
link=
if [ -L "$S" ]; then link=${1##*/}; shift; g=${link#system-}; e generation "${g%-link}"; fi
while [ $# -gt 1 ]; do [ "$1" = "$2" ] || other=1; shift 2; done
[ ! -d "$B" ] || [ ! -d "$S" ] || e reboot "$other"

# The times of links, and who holds which lock. Each read of the list of locks
# stops all locking on the host for a moment, and shells read byte by byte: so a
# program reads it, at once, and only where a file is there to be locked.
set +f
set --
for x in "$R/run/nixos/switch-to-configuration.lock" "$R"/nix/var/nix/userpool/* "$R"/nix/var/nix/userpool2/* "$R"/nix/var/nix/current-load/*-[0-9]*; do
  [ ! -f "$x" ] || set -- "$@" "$x"
done
set -f; IFS=$nl
held=' '
if [ $# -gt 0 ] && [ -r "$R/proc/locks" ]; then
  for x in $(cat "$R/proc/locks" 2>/dev/null); do
    # both as device:inode, which is exact, and as inode, for file systems whose
    # files claim another device than their locks (btrfs, overlayfs)
    case $x in *': FLOCK '*) x=${x% * *} x=${x##* }; held="$held$x ${x##*:} " ;; esac
  done
fi
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
