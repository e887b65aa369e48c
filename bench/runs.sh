#!/bin/sh
# Compares a run of several hosts with the same command under xargs, in turn
# (A B A B), where nixos-rebuild and the hosts are: on a lab's controller, in
# the flake's directory, whose file `rev` changes every system.
#
#   bench/runs.sh [PAIRS [HOST…]]      default: 10 h2 h7
#
# Prints both walls of each pair and the median of their ratios (ours / xargs).
set -eu
pairs=${1:-10}; [ $# = 0 ] || shift
[ $# -gt 0 ] || set -- h2 h7
ours=${NIXFLEET:-nixfleet-tui}
on=$(printf '%s,' "$@"); on=${on%,}
logs=$(mktemp -d); trap 'rm -rf "$logs"' EXIT

change() { # every system differs from the one before
  date +%s%N >rev
  git -c user.name=bench -c user.email=bench@localhost commit -qam bench
}
now() { date +%s%N; }
pinned() { nix --extra-experimental-features 'nix-command flakes' flake metadata --json . | sed 's/.*"url":"\([^"]*\)".*/\1/'; }
with_ours() { "$ours" switch --on "$on" --yes --insist --json --parallel $# >"$logs/ours" 2>&1 || [ $? = 3 ]; }
with_xargs() {
  flake=$(pinned)
  printf '%s\n' "$@" | NIX_SSHOPTS=-A xargs -P $# -I{} sh -c \
    'nixos-rebuild switch --flake "$0#{}" --target-host {} --build-host {} --sudo --no-reexec --use-substitutes --log-format internal-json >"$1/{}" 2>&1' \
    "$flake" "$logs"
}

i=0
while [ $i -lt "$pairs" ]; do
  change; a=$(now); with_ours "$@"; b=$(now)
  change; c=$(now); with_xargs "$@"; d=$(now)
  printf '%s %s\n' $(((b - a) / 1000000)) $(((d - c) / 1000000))
  i=$((i + 1))
done | awk '{ printf "ours %d ms, xargs %d ms, ratio %.3f\n", $1, $2, $1/$2; r[NR] = $1/$2 }
  END { n = asort_(r, NR); printf "median ratio %.3f of %d pairs\n", n, NR }
  function asort_(r, k,  i, j, t) { for (i = 2; i <= k; i++) for (j = i; j > 1 && r[j] < r[j-1]; j--) { t = r[j]; r[j] = r[j-1]; r[j-1] = t }
    return k % 2 ? r[(k+1)/2] : (r[k/2] + r[k/2+1]) / 2 }'
