#!/bin/sh
# Compares a run of several hosts with the same command under xargs, in turn
# (A B A B), where nixos-rebuild and the hosts are: on a lab's controller, in
# the flake's directory, whose file `rev` changes every system.
#
#   bench/runs.sh [PAIRS [HOST…]]      default: 10 h2 h7
#
# One more run before the first pair is not measured. Prints both walls of each
# pair and the median of their ratios (ours / xargs).
# NIXFLEET is our program; if it is bench/metered, each pair also has the
# processor time of all processes of ours in the run. Hosts may fail, if they
# fail in the same way for both: a pair whose exit statuses differ is an error.
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
with_ours() {
  rm -f "$ours.used"
  "$ours" switch --on "$on" --yes --insist --json --parallel $# >"$logs/ours" 2>"$logs/complaints" || true # by what became of each host
  sed -n 's/.*"host":"\([^"]*\)","event":"task","state":"ended".*"exitCode":\([0-9]*\).*/\1 \2/p' "$logs/ours" | sort >"$logs/ours.ended"
}
with_xargs() {
  flake=$(pinned)
  printf '%s\n' "$@" | NIX_SSHOPTS=-A xargs -P $# -I{} sh -c \
    'nixos-rebuild switch --flake "$0#{}" --target-host {} --build-host {} --sudo --no-reexec --use-substitutes --log-format internal-json >"$1/{}" 2>&1
     echo "{} $?" >"$1/{}.ended"' \
    "$flake" "$logs"
  for host; do cat "$logs/$host.ended"; done | sort >"$logs/xargs.ended"
}
same() { # the same work was done, and all of it
  [ "$(wc -l <"$logs/ours.ended")" = $# ] && cmp -s "$logs/ours.ended" "$logs/xargs.ended" && return
  echo "ours and xargs ended hosts differently:"; tail -n 99 "$logs/ours.ended" "$logs/xargs.ended"; tail -n 5 "$logs/complaints"
  exit 1
} >&2
used() { awk '{ all += $2; of[$1] += $2 } END { printf "%d", all / 1000; for (w in of) printf " %s:%d", w, of[w] / 1000 }' "$ours.used"; }

change; with_xargs "$@" # after a pause the first run takes a tenth of a second longer, whoever's it is
i=0
while [ $i -lt "$pairs" ]; do
  change; a=$(now); with_ours "$@"; b=$(now)
  change; c=$(now); with_xargs "$@"; d=$(now)
  same "$@"
  printf '%s %s' $(((b - a) / 1000000)) $(((d - c) / 1000000))
  [ ! -e "$ours.used" ] || printf ' %s' "$(used)" # its supervisor has ended by now, too
  echo
  i=$((i + 1))
done >"$logs/pairs"
awk '{ printf "ours %d ms, xargs %d ms, ratio %.3f", $1, $2, $1/$2; r[NR] = $1/$2 }
  NF > 2 { printf ", processor %d ms, %.2f %% of the run (", $3, 100*$3/$1; for (i = 4; i <= NF; i++) printf "%s%s", $i, i < NF ? " " : ")" }
  { print "" }
  END { n = asort_(r, NR); printf "median ratio %.3f of %d pairs\n", n, NR }
  function asort_(r, k,  i, j, t) { for (i = 2; i <= k; i++) for (j = i; j > 1 && r[j] < r[j-1]; j--) { t = r[j]; r[j] = r[j-1]; r[j-1] = t }
    return k % 2 ? r[(k+1)/2] : (r[k/2] + r[k/2+1]) / 2 }' "$logs/pairs"
