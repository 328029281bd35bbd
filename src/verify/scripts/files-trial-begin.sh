# Notes which restore a drill has begun, so that a later one knows which directory is a drill's when this one was killed.
set -eu
mountpoint -q /mnt/efs || { echo '/mnt/efs is not mounted' >&2; exit 1; }
cd /mnt/efs
echo @TOKEN@ >.buddyverse-drill.new
mv -T .buddyverse-drill.new .buddyverse-drill
