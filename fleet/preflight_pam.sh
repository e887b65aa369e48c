
# How sudo lets people through: whatever of that can be read without being root.
# The rules of PAM, and the files that they name; a dash stands before each line
# and a stop behind it, since blanks may matter.
# note KEY FILE MOST: the file's lines, and whether there was more; of rules of
# PAM only those that matter, and what they name. Shells read byte by byte, so
# each file is read once. Blanks around rules do not matter.
note() {
  n=0 blanks=
  case $1 in pam*) blanks=' 	' ;; esac
  while { IFS=$blanks read -r l || [ -n "$l" ]; } && [ $n -lt "$3" ]; do
    case $1:$l in pam*:[aA@-]* | pam*:'['*) ;; pam*) l= && continue ;; esac
    n=$((n + 1))
    if [ ${#l} -le 2000 ]; then e "$1 $n" "-$l."; else e "$1 cut" 1; fi
    case $1 in pam*) rule $l ;; esac
    l=
  done <"$2"
  [ $n -lt "$3" ] || e "$1 cut" 1
}
pams=' ' files=' '
# pam SERVICE: its rules, those that it includes, and the files that they name
pam() {
  case $pams in *" $1 "*) return ;; esac
  case $1 in */* | .*) return ;; esac
  [ ${#pams} -lt 400 ] || return
  pams="$pams$1 "
  x=$R/etc/pam.d/$1
  [ -e "$x" ] || x=$R/usr/lib/pam.d/$1
  if [ ! -r "$x" ]; then [ ! -e "$x" ] || e "pam $1 unread" 1; return; fi
  e "pam $1 read" 1
  set -f
  note "pam $1" "$x" 200
  set +f
}
# rule WORD…: the services that a rule of PAM includes, and the files that it names
rule() {
  case $1${2-} in
    @include*) more="$more ${2-}" ;;
    authinclude | authsubstack | accountinclude | accountsubstack | -authinclude) more="$more ${3-}" ;;
    auth* | -auth*)
      for f; do
        case $f in
          ca_file=* | authorized_principals_file=* | file=* | auth_key_file=*) named "${f#*=}" ;;
          *pam_ussh.so) ussh=1 agents=1 ;;
          *pam_rssh.so | *pam_ssh_agent_auth.so) agents=1; named "~/.ssh/authorized_keys" ;;
        esac
      done ;;
  esac
}
# named FILE: a file that a rule names, with the user put in
named() {
  f=${1%]}
  case $f in '~/'*) f=$HOME/${f#??} ;; esac
  for v in '%u' '$ruser' '$user' '%h'; do
    w=$me; [ "$v" != %h ] || w=$HOME
    while case $f in *"$v"*) true ;; *) false ;; esac; do f=${f%%"$v"*}$w${f#*"$v"}; done
  done
  case $files in *" $f "*) return ;; esac
  files="$files$f "
}
e home "${HOME-}"
more=sudo ussh= agents=
while [ -n "$more" ]; do x=$more more=; for s in $x; do pam "$s"; done; done
[ -z "$ussh" ] || named /etc/ssh/trusted_user_ca
i=0 all= most=150
set -f
for f in $files; do
  x=$R$f
  i=$((i + 1))
  [ $i -le 8 ] || break
  e "file $i" "-$f."
  if [ -d "$x" ]; then e "file $i unreadable" 1; continue; fi
  if [ ! -e "$x" ]; then
    # what lies where we may not look is not missing
    if [ -x "${x%/*}" ] || [ ! -e "${x%/*}" ]; then e "file $i missing" 1; else e "file $i unreadable" 1; fi
    continue
  fi
  all="$all $x"
  if [ -w "$x" ] || [ -w "${x%/*}" ]; then e "file $i writable" 1; fi
  if [ -r "$x" ]; then note "file $i line" "$x" $most; most=$((most - n)); else e "file $i unreadable" 1; fi
done
if [ -n "$all" ]; then
  stat -L -c '%a %u %n' $all 2>/dev/null | while read -r m u x; do e "mode ${x#"$R"}" "$m $u"; done
fi
set +f

# sudo itself. Its rules are root's to read, but on NixOS the store has them too.
sudo=
for x in "$R/run/wrappers/bin/sudo" "$R/usr/bin/sudo" "$R/run/current-system/sw/bin/sudo" "$R/usr/local/bin/sudo"; do
  [ -n "$sudo" ] || [ ! -x "$x" ] || sudo=$x
done
[ -n "$sudo" ] || sudo=$(command -v sudo 2>/dev/null)
# Which sudo it is only matters to modules that ask an agent.
if [ -z "$sudo" ]; then e sudo -; else
  said=
  [ -z "$agents" ] || said "$sudo" -V
  e sudo "-${said:-sudo}"
fi
for x in "$R/etc/sudoers" "$R/etc/static/sudoers" "$R/run/current-system/etc/sudoers" "$R/run/current-system/etc-basedir/sudoers"; do
  if [ -r "$x" ]; then note sudoers "$x" 300; break; fi
done
if command -v passwd >/dev/null 2>&1; then said passwd -S "$me"; set -f; set -- $said; set +f; e password "${2-}"; fi
e forwarded "-${SSH_AUTH_SOCK:+1}"
# Why an agent would not come along; where it was to, that is seen.
if [ -z "$along" ] && [ -r "$R/etc/ssh/sshd_config" ]; then
  n=0
  while read -r k v || [ -n "$k" ]; do
    case $k$v in
      [Aa]llow[Aa]gent[Ff]orwardingno | [Dd]isable[Ff]orwardingyes) n=$((n + 1)); e "sshd $n" "$k $v" ;;
    esac
    k=
  done <"$R/etc/ssh/sshd_config"
fi
