# The closures of the store paths in $roots: every path once, with the numbers
# of the roots that need it (counted from 1), and then the sizes of their NARs in
# the same order. POSIX sh, on stdin of /bin/sh -s; answers are lines
# "NF1 TAB key TAB value".
LC_ALL=C
PATH=$PATH:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/bin:/bin:/usr/sbin:/sbin
export LC_ALL PATH
nl='
'
n=0 all=
for x in $roots; do
  n=$((n + 1))
  if l=$(nix-store --query --requisites "$x" 2>&1); then
    all=$all$(printf '%s\n' "$l" | sed "s|^|$n |")$nl
  else
    printf 'NF1\tlacks\t%s %s\n' "$n" "$(printf '%s\n' "$l" | tail -n 1)"
  fi
done
if [ -n "$all" ]; then
  all=$(printf %s "$all" | awk '{ m[$2] = m[$2] (m[$2] == "" ? "" : ",") $1 } END { for (p in m) print m[p], p }')
  printf '%s\n' "$all" | sed 's|^|NF1	path	|'
  printf '%s\n' "$all" | awk '{ print $2 }' | xargs nix-store --query --size | sed 's|^|NF1	size	|'
fi
