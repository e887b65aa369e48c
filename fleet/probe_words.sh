# The words of the scripts that read a host: POSIX sh, on stdin of /bin/sh -s.
# Each answer is a line "NF1 TAB key TAB value"; whatever else is printed on the
# way (banners, a shell's greeting) is no answer. NF_ROOT is for tests.
LC_ALL=C QUOTING_STYLE=literal R=${NF_ROOT-}
PATH=$PATH:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/bin:/bin:/usr/sbin:/sbin
export LC_ALL QUOTING_STYLE PATH
nl='
'
e() { [ -z "$2" ] || printf 'NF1\t%s\t%s\n' "$1" "$2"; }
# line FILE: its first line into $line, also when it lacks a newline
line() { line=; [ ! -r "$1" ] || read -r line <"$1" || :; }
# real DIR: where it really is into $real, without starting a program
real() { real=; [ ! -d "$1" ] || { cd -P -- "$1" 2>/dev/null && real=$PWD && real=${real#"$R"}; cd /; }; }
S=$R/nix/var/nix/profiles/system C=$R/run/current-system B=$R/run/booted-system

# lockable: into $locked the files that are there to be locked, by who activates
# a system, builds, or has taken a builder's slot
lockable() {
  locked=
  for x in "$R/run/nixos/switch-to-configuration.lock" "$R"/nix/var/nix/userpool/* "$R"/nix/var/nix/userpool2/* "$R"/nix/var/nix/current-load/*-[0-9]*; do
    [ ! -f "$x" ] || locked=$locked$nl$x
  done
}
# locks: the kernel's list of locks, where one of these files may be in it. Each
# read of it stops all locking on the host, and takes some hundredths of a second
# of waiting; shells read byte by byte, so a program does.
locks() {
  if [ -n "$locked" ] && [ -r "$R/proc/locks" ]; then cat "$R/proc/locks" 2>/dev/null; fi
}
