# What an installer tells of itself. Reads, and changes nothing.
say() { printf 'nixfleet-install %s\t%s\n' "$1" "$2"; }
say kernel "$(uname -s)"
say machine "$(uname -m)"
say uid "$(id -u)"
[ -r /etc/os-release ] && say os "$(. /etc/os-release; printf '%s' "${PRETTY_NAME-}")"
for p in nix-store nixos-install nixos-generate-config ssh-keygen; do command -v "$p" >/dev/null 2>&1 && say program "$p"; done
if [ -d /sys/firmware/efi ]; then say firmware UEFI; else say firmware BIOS; fi
while read -r _ _ _ _ at _; do [ "$at" = /mnt ] && say mounted yes; done </proc/self/mountinfo
[ -d /mnt ] && say owner "$(stat -c '%u:%g %a' /mnt)"
for d in /mnt/nix/store /mnt/nix /mnt; do
  [ -d "$d" ] && { df -Pk "$d" | { read -r _; read -r _ _ _ free _; say free "$free"; }; break; }
done
lsblk -dnbo NAME,SIZE,TYPE,MODEL 2>/dev/null | while read -r name size type model; do
  [ "$type" = disk ] && [ "$size" != 0 ] && say disk "$name $size $model"
done
for f in /etc/ssh/ssh_host_*_key.pub; do [ -r "$f" ] && say own "$(cut -d' ' -f1,2 "$f")"; done
link() { l=$(readlink "$1") || return; case $l in /*) ;; *) l=$(readlink "${1%/*}/$l") ;; esac; printf '%s' "$l"; }
say profile "$(link /mnt/nix/var/nix/profiles/system)"
say end ok
