# Counts the files that are there and those that AWS Backup recovered, and reads these: a gibibyte at most, for a minute at
# most. A count that takes too long is cut short, and says so.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cd /mnt/efs
from=
for one in aws-backup-restore_*; do
  [ "$(printf %s "$one" | tr -cd A-Za-z0-9)" != awsbackuprestore@TOKEN@ ] || from=$one
done
[ -d "$from" ] || { echo 'the recovery directory is gone' >&2; exit 1; }
# Without what restores and this leave at the root, which the copy may have, too.
count() {
  { timeout 45 find "$2" -mindepth 1 \( -path "$2/aws-backup-*" -o -path "$2/.before-restore-*" -o -path "$2/.buddyverse-*" -o -path "$2/.buddyverse" \) -prune -o -type f -printf '%s\n' || echo cut; } |
    awk -v name="$1" '/cut/ { cut = 1; next } { files++; bytes += $1 } END { printf "%s %.0f %.0f %s\n", name, files, bytes, cut ? "part" : "whole" }'
}
count running .
count restored "$from"
exec 3>&1
said=$({ timeout 60 find "$from" -type f -exec cat {} + | head -c 1073741824 | wc -c | sed 's/^ */read /' >&3; } 2>&1 | grep -v 'Broken pipe' || true)
[ -z "$said" ] || { echo "$said" | head -n 1 >&2; exit 1; }
