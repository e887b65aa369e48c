# What decides whether a build that is sent here runs: how Nix is really set, and
# what room there is. After the fast script, whose words it uses. A dash stands
# before each value, since some say most when empty.
x='nix --extra-experimental-features nix-command'
l=$($x config show 2>/dev/null) || l=$($x show-config 2>/dev/null) || l=$(nix show-config 2>/dev/null) || l=
set -f; IFS=$nl
for x in $l; do
  case $x in
    'system ='* | 'extra-platforms ='* | 'system-features ='* | 'max-jobs ='* | 'min-free ='*) e "nix ${x%% =*}" "-${x#* =}" ;;
  esac
done
unset IFS
set +f
# size and free of the store's file system, in KiB and in inodes
for x in k i; do
  df -P$x "$R/nix/store" 2>/dev/null | { read -r _; read -r _ size _ free _; e "room $x" "${size:+$size $free}"; }
done
