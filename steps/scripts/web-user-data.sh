#!/bin/bash
# User data of a web instance: says which stack this is; everything else is in the image (web-boot.sh).
set -Eeuo pipefail
trap 'echo "BUDDYVERSE-BOOT FAILED at line $LINENO: $BASH_COMMAND" | tee /dev/console' ERR

cat >/etc/buddyverse.env <<'SETTINGS'
BUDDYVERSE_REGION=@REGION@
BUDDYVERSE_DNS_SUFFIX=@DNS_SUFFIX@
BUDDYVERSE_STACK=@STACK@
BUDDYVERSE_FILE_SYSTEM=@FILE_SYSTEM@
BUDDYVERSE_PARAMETER_PATH=@PARAMETER_PATH@
BUDDYVERSE_DATABASE=@DATABASE@
BUDDYVERSE_USER=@USER@
SETTINGS
cat >/etc/buddyverse-logs.json <<'LOGS'
@LOGS@
LOGS
systemctl start buddyverse-boot.service
