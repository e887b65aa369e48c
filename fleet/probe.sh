# What a host is and what it runs. It is asked every few seconds, so it is shell
# builtins and two programs, readlink and stat, and cat where Nix builds.
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
set +f; unset IFS
