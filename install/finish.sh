# Starts nixos-install so that it outlives this connection, or looks at it.
say() { printf 'nixfleet-install %s\t%s\n' "$1" "$2"; }
running() { [ -f "$dir/pid" ] && [ ! -f "$dir/exit" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }
begin() {
  running && return 0
  mkdir -p -m 700 "$dir" && rm -f "$dir/exit" "$dir/log" "$dir/pid" || exit 1
  printf '%s' "$system" >"$dir/system" || exit 1
  dir=$dir system=$system setsid sh -c '
    nixos-install --root /mnt --no-root-passwd --no-channel-copy --system "$system" </dev/null >"$dir/log" 2>&1
    echo $? >"$dir/exit.new"; mv "$dir/exit.new" "$dir/exit"' </dev/null >/dev/null 2>&1 &
  echo $! >"$dir/pid"
}
link() { l=$(readlink "$1") || return; case $l in /*) ;; *) l=$(readlink "${1%/*}/$l") ;; esac; printf '%s' "$l"; }
look() { # look OFFSET: first how it stands, then the log, so that no last line is missed
  if running; then say state running
  elif [ -f "$dir/exit" ]; then say state "exit $(cat "$dir/exit")"
  else say state none; fi
  [ -f "$dir/system" ] && say system "$(cat "$dir/system")"
  say profile "$(link /mnt/nix/var/nix/profiles/system)"
  say end ok
  if [ -f "$dir/log" ]; then tail -c +$(($1 + 1)) "$dir/log" | head -c "$most"; fi
}
