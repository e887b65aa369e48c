# Puts a host back on the systems that it had. NF_ROOT is for tests.
nf_p=${NF_ROOT-}/nix/var/nix/profiles/system
nf_unit=nixos-rebuild-switch-to-configuration
nf_s=0
nf_switch() {
  echo "undoing: $1/bin/switch-to-configuration $2"
  if [ -d "${NF_ROOT-}/run/systemd/system" ]; then
    systemd-run --collect --no-ask-password --pipe --quiet --service-type=exec --unit=$nf_unit "${NF_ROOT-}$1/bin/switch-to-configuration" "$2" || nf_s=$?
  else
    "${NF_ROOT-}$1/bin/switch-to-configuration" "$2" || nf_s=$?
  fi
}
# nf_restore GENERATION PROFILE'S-SYSTEM RUNNING-SYSTEM ACTION
nf_restore() {
  PATH=$3/sw/bin:$PATH; export PATH
  if [ "$1" != 0 ] && [ "$(readlink "$nf_p")" != "system-$1-link" ]; then
    echo "undoing: the system profile goes back to generation $1"
    nix-env -p "$nf_p" --switch-generation "$1" || nf_s=$?
  fi
  case $4 in
    boot) nf_switch "$2" boot ;;
    switch) if [ "$2" = "$3" ]; then nf_switch "$3" switch; else nf_switch "$2" boot; nf_switch "$3" test; fi ;;
    *) nf_switch "$3" test ;;
  esac
  return $nf_s
}
