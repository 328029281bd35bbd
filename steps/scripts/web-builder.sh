#!/bin/bash
# User data of the image builder: unpacks the files that were sent along and runs web-setup.sh.
set -Eeuo pipefail
trap 'echo "BUDDYVERSE-SETUP FAILED at line $LINENO of web-builder.sh: $BASH_COMMAND" | tee /dev/console; shutdown -h now' ERR
mkdir -p /run/buddyverse-setup
cat >/run/buddyverse-setup/settings <<'SETTINGS'
REGION=@REGION@
MARKER=@MARKER@
DATABASE_CA=@DATABASE_CA@
AGENT=@AGENT@
AGENT_KEY_URL=@AGENT_KEY_URL@
AGENT_KEY=@AGENT_KEY@
APP_GIT=@APP_GIT@
APP_REVISION=@APP_REVISION@
APP_BUCKET=@APP_BUCKET@
APP_KEY=@APP_KEY@
SETTINGS
cat >/etc/buddyverse-logs.json <<'LOGS'
@LOGS@
LOGS
set -a
# shellcheck source=/dev/null
. /run/buddyverse-setup/settings
set +a
# A script of heredocs, compressed so that it fits the 16 KB of user data.
base64 -d >/run/buddyverse-setup/files.gz <<'FILES'
@FILES@
FILES
gunzip -c /run/buddyverse-setup/files.gz | bash -euo pipefail
trap - ERR # web-setup.sh tells of its own failures
bash /run/buddyverse-setup/web-setup.sh
