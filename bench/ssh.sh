#!/bin/sh
# Measures how long it takes, and how much processor time, to read the status of
# 200 addresses: ours, a bare loop over x/crypto, and ssh under xargs, in turn
# (see bench/ssh). It runs where a host can be given addresses: on a lab's
# controller, where root@HOST logs in with KEY.
#
#   CGO_ENABLED=0 go build -o ssh-bench ./bench/ssh
#   SSH_BENCH=./ssh-bench bench/ssh.sh [ROUNDS [HOST [ADDRESSES]]]      default: 7 h1 200
#
# Fails when one of the goals is missed.
set -eu
rounds=${1:-7} host=${2:-h1} n=${3:-200}
bench=${SSH_BENCH:-ssh-bench} key=${KEY:-$HOME/.ssh/id_ed25519}
net=10.99.77 # of the addresses

hosts= i=1
while [ $i -le "$n" ]; do hosts="$hosts $net.$i"; i=$((i + 1)); done
dir=$(mktemp -d)
# shellcheck disable=SC2086 # words
set -- $hosts
on_host() { ssh "root@$host" "for a in $*; do ip addr $verb \$a/16 dev e0 2>/dev/null; done; :"; }
trap 'verb=del; on_host "$@"; rm -rf "$dir"' EXIT
verb=add; on_host "$@"

hostkey=$(ssh-keygen -F "$host" | awk '!/^#/ { print $2, $3; exit }')
for a in "$@"; do printf '%s %s\n' "$a" "$hostkey"; done >"$dir/known_hosts"
cat >"$dir/config" <<C
Host *
  User ops
  IdentityFile $key
  IdentityAgent none
  UserKnownHostsFile $dir/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  BatchMode yes
  UpdateHostKeys no
C
ssh -F "$dir/config" "$1" true # a fault of ours shows here, and not in the middle
"$bench" peers "$dir/config" "$key" "$rounds" "$@"
