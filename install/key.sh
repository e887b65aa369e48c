# Makes host keys below /mnt, or only looks at them. Existing ones are never touched.
umask 022 # an installer's own may let others write
say() { printf 'nixfleet-install %s\t%s\n' "$1" "$2"; }
public() { ssh-keygen -y -P '' -f "$1" </dev/null | cut -d' ' -f1,2; }
key() { # key TYPE BITS PATH
  if [ ! -e "$3" ] && [ ! -L "$3" ]; then
    [ "$mode" = make ] || return 0
    d=${3%/*}
    mkdir -p -m 755 "$d" || exit 1
    rm -f "$d"/.nixfleet-new "$d"/.nixfleet-new.pub
    bits=; [ "$2" = 0 ] || bits="-b $2"
    ssh-keygen -q -t "$1" $bits -N '' -C "root@$host" -f "$d/.nixfleet-new" </dev/null >&2 || exit 1
    # A link fails where something has come up meanwhile.
    ln "$d/.nixfleet-new" "$3" || exit 1
    ln "$d/.nixfleet-new.pub" "$3.pub" || echo "kept $3.pub" >&2
    rm -f "$d/.nixfleet-new" "$d/.nixfleet-new.pub"
    say made "$3"
  fi
  p=$(public "$3") && [ -n "$p" ] || { echo "$3 is there and is no key that can be read" >&2; exit 1; }
  say key "$3 $p"
}
unmake() { # unmake PATH TYPE BASE64: removes a key if it is that one
  [ -f "$1" ] && [ "$(public "$1")" = "$2 $3" ] || return 0
  rm -f "$1" "$1.pub" && say removed "$1"
}
