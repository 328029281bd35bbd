# The recovery directories that AWS Backup made at the root and that were not switched to, each with its files and bytes; and
# what former switches put aside; and the restore that a drill has begun. A count that takes too long is cut short, and says so.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cd /mnt/efs
for one in aws-backup-restore_*; do
  [ -d "$one" ] || continue
  id=$(printf %s "$one" | tr -cd A-Za-z0-9)
  [ ! -e ".before-restore-${id#awsbackuprestore}/.switched" ] || continue
  { timeout 100 find "$one" -type f -printf '%s\n' || echo cut; } |
    awk -v name="$one" '/cut/ { cut = 1; next } { files++; bytes += $1 } END { printf "recovered %s %.0f %.0f %s\n", name, files, bytes, cut ? "part" : "whole" }'
done
for one in .before-restore-*; do
  [ ! -e "$one/.switched" ] || echo "aside $one"
done
[ ! -e .buddyverse-drill ] || echo "drill $(cat .buddyverse-drill)"
