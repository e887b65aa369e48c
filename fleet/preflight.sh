# What else there is to know of a machine before a run. It is asked once, with
# the fast script, whose words it uses, and needs no privilege. What is asked of
# every machine starts four programs; the rest only where somebody is switching.
said() { said=$("$@" 2>/dev/null </dev/null); said=${said%%"$nl"*}; }
line "$R/proc/sys/kernel/arch"
if [ -n "$line" ]; then e arch "$line"; else
  said uname -m; e arch "$said"
  said uname -s; e os "$said"
fi
said id; e id "$said"
me=${said#*'('} me=${me%%')'*}
[ ! -x "$C/sw/bin/nixos-version" ] || { said "$C/sw/bin/nixos-version" --json; e nixos "$said"; }

# size, free and mount point of where the store and the kernels are
set --
for x in "$R/nix/store" "$R/boot"; do [ ! -d "$x" ] || set -- "$@" "$x"; done
[ $# -eq 0 ] || df -kP "$@" 2>/dev/null | {
  read -r _
  while [ $# -gt 0 ] && read -r _ size _ free _ on; do
    case $1 in */boot) x=/boot ;; *) x=/nix ;; esac
    e "disk $x" "$size $free $on"
    shift
  done
}

# How its Nix is set. A dash stands before each value, since some say most when empty.
if [ -r "$R/etc/nix/nix.conf" ]; then
  e "conf read" -1
  while read -r k is v || [ -n "$k" ]; do
    [ "$is" != = ] || case $k in
      builders | system | extra-platforms | require-sigs | trusted-public-keys | extra-trusted-public-keys) e "conf $k" "-$v" ;;
    esac
    k=
  done <"$R/etc/nix/nix.conf"
fi
if [ -r "$R/etc/nix/machines" ]; then
  n=0
  while { read -r l || [ -n "$l" ]; } && [ $n -lt 200 ]; do n=$((n + 1)); e "machine $n" "$l"; l=; done <"$R/etc/nix/machines"
fi

# A socket at which nobody listens any more stays where it was. Linux knows at
# which ones somebody does (00010000 in the list of its sockets); where it does
# not say so, only who knocks finds out, which costs ten times as much. Any
# question will do.
D=$R/nix/var/nix/daemon-socket/socket
real "$C"
if [ -S "$D" ] && [ -n "$real" ] && ! grep -q " 00010000 0001 .* $D\$" "$R/proc/net/unix" 2>/dev/null; then
  case $(nix-store --store "unix://$D" --check-validity "$real" 2>&1) in *socket*'Connection refused'*) e store 0 ;; esac
fi
