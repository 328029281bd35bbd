# buddyverse-verify: file-remove @TOKEN@
rm -f /mnt/efs/media/buddyverse-verify-@TOKEN@.txt
