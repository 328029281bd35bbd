#!/bin/bash
# User data of the image builder: fetches the scripts of the image, and the application's archive where there is one, from
# the stack's bucket, and runs web-setup.sh. A failure powers off.
set -Eeuo pipefail
log=/var/log/buddyverse-setup.log

failed() {
  trap - ERR
  tail -n 40 "$log" || true
  echo "BUDDYVERSE-SETUP FAILED at line $1 of web-builder.sh: $2" | tee /dev/console || true
  shutdown -h now
  exit 1
}
trap 'failed "$LINENO" "$BASH_COMMAND"' ERR
shutdown -h +45 # a set-up that hangs ends as a failed one

mkdir -p /run/buddyverse-setup
cat >/run/buddyverse-setup/settings <<'SETTINGS'
REGION=@REGION@
MARKER=@MARKER@
DATABASE_CA=@DATABASE_CA@
AGENT=@AGENT@
AGENT_KEY_URL=@AGENT_KEY_URL@
AGENT_KEY=@AGENT_KEY@
BUCKET=@BUCKET@
SCRIPTS_KEY=@SCRIPTS_KEY@
APP_GIT=@APP_GIT@
APP_REVISION=@APP_REVISION@
APP_KEY=@APP_KEY@
SETTINGS
cat >/etc/buddyverse-logs.json <<'LOGS'
@LOGS@
LOGS
set -a
# shellcheck source=/dev/null
. /run/buddyverse-setup/settings
set +a

# retry WHAT COMMAND...
retry() {
  local left=20 what=$1
  shift
  until "$@" >>"$log" 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || failed "${BASH_LINENO[0]}" "$what"
    sleep 15
  done
}
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 # web-setup.sh's too
systemctl stop apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service || true
boto3() {
  apt-get -o APT::Update::Error-Mode=any update && apt-get -o DPkg::Lock::Timeout=300 -y install python3-boto3
}
retry 'apt-get install python3-boto3' boto3

# fetch KEY FILE: the end of the key says the SHA-256 of what was sent. A role is usable some time after it was made.
fetch() {
  local sha256 found
  sha256=$(basename "$1" .tar.gz)
  retry "s3://$BUCKET/$1 cannot be fetched" python3 -c \
    'import sys, boto3; boto3.client("s3", region_name=sys.argv[1]).download_file(*sys.argv[2:])' "$REGION" "$BUCKET" "$1" "$2"
  found=$(sha256sum <"$2")
  [ "${found%% *}" = "$sha256" ] || failed "$LINENO" "s3://$BUCKET/$1 is not what was sent (its SHA-256 is ${found%% *}); remove it, then buddyverse up"
}
fetch "$SCRIPTS_KEY" /run/buddyverse-setup/scripts.tar.gz
[ -z "$APP_KEY" ] || fetch "$APP_KEY" /run/buddyverse-setup/app.tar.gz
tar -xzf /run/buddyverse-setup/scripts.tar.gz -C / --no-same-owner --touch
trap - ERR # web-setup.sh tells of its own failures
bash /run/buddyverse-setup/web-setup.sh
