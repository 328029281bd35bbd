set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cat /mnt/efs/media/buddyverse-verify-@TOKEN@.txt
