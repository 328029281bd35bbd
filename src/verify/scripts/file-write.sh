# A file on the shared file system, where the site serves it. It goes by itself, even if nobody comes back to remove it.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
systemd-run --quiet --on-active=600 /bin/rm -f /mnt/efs/media/buddyverse-verify-@TOKEN@.txt
umask 022
echo 'buddyverse-verify @TOKEN@' >/mnt/efs/media/buddyverse-verify-@TOKEN@.txt
