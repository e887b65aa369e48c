# What the kernel tells of the hardware, for where there is no nixos-generate-config.
say() { printf 'nixfleet-install %s\t%s\n' "$1" "$2"; }
by() { # by KIND DEVICE: its link below /dev/disk/by-KIND
  for l in /dev/disk/by-"$1"/*; do
    [ -e "$l" ] && [ "$(readlink -f "$l")" = "$(readlink -f "$2")" ] && { printf '%s' "$l"; return; }
  done
  return 1
}
lasting() { by uuid "$1" || by partuuid "$1" || printf '%s' "$1"; }
# mountinfo: id parent dev root mountpoint options… - type source superoptions; blanks are \040.
while read -r _ _ _ sub at opts rest; do
  case $at in /mnt | /mnt/*) ;; *) continue ;; esac
  rest=${rest#*- }; set -- $rest
  at=${at#/mnt}; device=$2
  case $device in /dev/*) device=$(lasting "$device") ;; esac
  say mount "${at:-/} $1 $device $sub $opts"
done </proc/self/mountinfo
tail -n +2 /proc/swaps 2>/dev/null | while read -r device type _; do
  [ "$type" = partition ] && say swap "$(lasting "$device")"
done
# Drivers of storage (PCI class 01) and of USB hosts (0c03), and of what stands below /mnt.
for d in /sys/bus/pci/devices/*; do
  [ -r "$d/class" ] || continue
  case $(cat "$d/class") in 0x01* | 0x0c03*) [ -e "$d/driver/module" ] && say module "$(basename "$(readlink -f "$d/driver/module")")" ;; esac
done
for d in /sys/block/*/device/driver/module /sys/bus/virtio/drivers/virtio_*/module; do
  [ -e "$d" ] && say module "$(basename "$(readlink -f "$d")")"
done
case $(cat /proc/cpuinfo) in *GenuineIntel*) say cpu intel ;; *AuthenticAMD*) say cpu amd ;; esac
say end ok
