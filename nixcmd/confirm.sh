# Watches an activation that is to be confirmed. The link of the profile and
# both systems are noted before it begins.
nf_d=${NF_ROOT-}/run/nixfleet-confirm
nf_g=${NF_ROOT-}/nix/var/nix/gcroots/nixfleet-confirm
nf_watched() { systemctl is-active --quiet nixfleet-confirm.service; }
nf_arm() {
  if nf_watched && { [ -e "$nf_d/armed" ] || [ -e "$nf_d/restoring" ]; }; then
    echo "another deployment of this host waits to be confirmed, or is being undone" >&2
    return 1
  fi
  tries=0 # one that was confirmed just now takes a moment to notice
  while nf_watched && [ $tries -lt 5 ]; do tries=$((tries + 1)); sleep 1; done
  [ -d "${NF_ROOT-}/run/systemd/system" ] || { echo "a host without systemd cannot watch over itself" >&2; return 1; }
  set -e
  link=$(readlink "$nf_p"); profile=$(readlink -f "$nf_p"); running=$(readlink -f "${NF_ROOT-}/run/current-system")
  generation=${link#system-}; generation=${generation%-link}
  rm -rf "$nf_d"; mkdir -m 755 "$nf_d"
  mask=$(umask); umask 022 # root runs what lies here
  ln -sfn "$profile" "$nf_g-profile"; ln -sfn "$running" "$nf_g-running"
  printf '%s\n' "$nf_self" "nf_watch \"\$@\"" >"$nf_d/watch"
  : >"$nf_d/armed"
  umask "$mask"
  systemd-run --collect --no-ask-password --quiet --service-type=exec --unit=nixfleet-confirm -E "PATH=$PATH" \
    /bin/sh "$nf_d/watch" "$1" "$2" "$3" "$generation" "$profile" "$running" || { rm -f "$nf_d/armed" "$nf_g-profile" "$nf_g-running"; return 1; }
}
# nf_changed GENERATION RUNNING
nf_changed() { [ "$(readlink "$nf_p")" != "system-$1-link" ] || [ "$(readlink -f "${NF_ROOT-}/run/current-system")" != "$2" ]; }
# nf_watch WITHIN LONGEST ACTION GENERATION PROFILE'S-SYSTEM RUNNING-SYSTEM
nf_watch() {
  PATH=$6/sw/bin:$PATH; export PATH
  waited=0; quiet=0; begun=
  while [ -e "$nf_d/armed" ]; do
    if [ -e "${NF_ROOT-}/run/systemd/transient/$nf_unit.service" ] && [ $waited -lt "$2" ]; then
      begun=1; quiet=0
    elif [ -n "$begun" ] || [ $waited -ge "$2" ] || nf_changed "$4" "$6"; then
      quiet=$((quiet + 1)); [ $quiet -le "$1" ] || break
    fi
    waited=$((waited + 1)); sleep 1
  done
  if mv "$nf_d/armed" "$nf_d/restoring" 2>/dev/null; then
    systemctl stop $nf_unit.service 2>/dev/null || :
    nf_restore "$4" "$5" "$6" "$3" >"$nf_d/log" 2>&1
    mv "$nf_d/restoring" "$nf_d/restored"
  fi
  rm -f "$nf_g-profile" "$nf_g-running"
}
