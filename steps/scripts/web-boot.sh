#!/bin/bash
# Runs at every boot of a web instance (buddyverse-boot.service, with /etc/buddyverse.env): mounts EFS, fetches the
# settings, and only then starts Apache. Without EFS there is no Apache, so the load balancer takes nobody here.
set -Eeuo pipefail

fail() {
  trap - ERR
  echo "BUDDYVERSE-BOOT FAILED: $*"
  # The release command has told by itself.
  [ "$*" = 'the release command' ] || /usr/local/sbin/buddyverse-release "$*" || true
  exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# retry TIMES SECONDS COMMAND...
retry() {
  local times=$1 pause=$2
  shift 2
  until "$@"; do
    times=$((times - 1))
    [ "$times" -gt 0 ] || return 1
    sleep "$pause"
  done
}

# Its lines go to CloudWatch Logs from here on; without that it serves all the same.
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/etc/buddyverse-logs.json &>/dev/null ||
  echo 'BUDDYVERSE-BOOT the CloudWatch agent does not start: no lines are sent'

entry="$BUDDYVERSE_FILE_SYSTEM.efs.$BUDDYVERSE_REGION.$BUDDYVERSE_DNS_SUFFIX:/ /mnt/efs nfs4 nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport,_netdev 0 0"
mkdir -p /mnt/efs
if ! grep -qxF "$entry" /etc/fstab; then
  { grep -v ' /mnt/efs ' /etc/fstab || true; echo "$entry"; } >/etc/fstab.new
  chmod 0644 /etc/fstab.new
  mv /etc/fstab.new /etc/fstab
  systemctl daemon-reload
fi
# The name of a new mount target may take 90 s to resolve.
mount_efs() { mountpoint -q /mnt/efs || timeout 120 mount /mnt/efs; }
retry 30 10 mount_efs || fail "$BUDDYVERSE_FILE_SYSTEM cannot be mounted at /mnt/efs"
# Of a file system that AWS Backup made nothing is at the root but the directory that it restored into: its content comes to the
# root, by renames, before anything else is there. What an instance began that died at it the next one goes on with.
recover() {
  cd /mnt/efs
  if [ ! -e .buddyverse-recovery ]; then
    local entries
    entries=$(find . -mindepth 1 -maxdepth 1 ! -name '.buddyverse-re*' -printf '%f\n')
    [[ $entries == aws-backup-restore_* && $entries != *$'\n'* && -d $entries ]] || return 0
    echo "$entries" >.buddyverse-recovery.new
    mv -T .buddyverse-recovery.new .buddyverse-recovery
  fi
  local from
  from=$(cat .buddyverse-recovery)
  if [ -d "$from" ]; then
    # That is the lock, which is held; its former one holds nothing.
    rm -f "$from/.buddyverse-restore"
    find "$from" -mindepth 1 -maxdepth 1 -exec mv -t . {} +
    rmdir "$from"
  fi
  rm -f .buddyverse-recovery
  cd /
}
# The mark is there before anything is at the root.
if [ ! -e /mnt/efs/static ] || [ -e /mnt/efs/.buddyverse-recovery ]; then
  exec 9>/mnt/efs/.buddyverse-restore
  flock -w 300 9 || fail 'another instance brings what AWS Backup restored to the root, for 5 min'
  recover
  exec 9>&-
fi
install -d -m 0755 /mnt/efs/static
install -d -m 0755 -o www-data -g www-data /mnt/efs/media

retry 5 5 /usr/local/sbin/buddyverse-aws instance || fail 'the instance metadata service gives no answer'
retry 40 15 /usr/local/sbin/buddyverse-aws settings || fail "no settings under $BUDDYVERSE_PARAMETER_PATH"

/usr/local/sbin/buddyverse-site serve || fail 'the application does not start'
# One instance at a time, as all write to the same folders.
install -d -m 0755 /mnt/efs/.buddyverse
flock -w 300 /mnt/efs/.buddyverse/lock /usr/local/sbin/buddyverse-site share || fail 'static files and uploads'

/usr/local/sbin/buddyverse-release || fail 'the release command'

touch /run/buddyverse/ready
systemctl start apache2.service
systemctl start buddyverse-database.timer
echo 'BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves'

# The load balancer asks for the same, and takes nobody here before the answer is 200: why it is not is known only here.
path=$(python3 -c 'import json; print(json.load(open("/etc/buddyverse/release.json"))["healthCheckPath"])')
code=000
answers() {
  code=$(curl -s -o /dev/null -m 10 -w '%{http_code}' -A ELB-HealthChecker/2.0 "http://$(hostname -I | cut -d ' ' -f 1)$path") || true
  [ "$code" = 200 ]
}
retry 20 10 answers || fail "the application answers $code for $path, and 200 is what the load balancer wants"
echo "BUDDYVERSE-BOOT the application answers 200 for $path"
