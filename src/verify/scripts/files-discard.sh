# Deletes what switches to recovered files put aside, and what they left in the recovery directories, in the background: Run
# Command does not wait for many files.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cd /mnt/efs
gone() { systemd-run --quiet --collect /bin/rm -rf --one-file-system -- "/mnt/efs/$1"; }
for old in .before-restore-*; do
  [ -e "$old/.switched" ] || continue
  for one in aws-backup-restore_*; do
    [ "$(printf %s "$one" | tr -cd A-Za-z0-9)" != "awsbackuprestore${old#.before-restore-}" ] || gone "$one"
  done
  gone "$old"
done
