rm -f /mnt/efs/media/buddyverse-verify-@TOKEN@.txt
