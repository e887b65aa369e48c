# Who is activating a system: its process, for how long, and whose session it
# belongs to. Under sudo that is the first ancestor who is not root.
if [ "$switching" = 1 ]; then
  said systemctl show -p MainPID --value nixos-rebuild-switch-to-configuration.service
  main=$said by=
  [ "${main:-0}" -gt 0 ] 2>/dev/null || main=
  for p in $(ps -A -o pid= -o args= 2>/dev/null | while read -r p a; do case $a in *switch-to-configuration*) echo "$p" ;; esac; done); do
    : "${main:=$p}"
    a=$p
    while [ -z "$by" ] && [ "${a:-1}" -gt 1 ]; do
      said ps -o ppid= -o user= -p "$a"
      set -- $said
      case ${2-root} in root) a=${1-} ;; *) by=$2 ;; esac
    done
  done
  e switcher "$by"
  if [ -n "$main" ]; then
    said ps -o etimes= -p "$main"; e switchage "${said##* }"
    said ps -o args= -p "$main"; e switchcommand "$said"
  fi
  n=0
  who 2>/dev/null | while read -r l && [ $n -lt 20 ]; do n=$((n + 1)); e "login $n" "$l"; done
fi
