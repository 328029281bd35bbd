#!/bin/bash
# The end of the bake: cleans, writes the mark, powers off. Runs as a unit of its own, after cloud-init has finished:
# what cloud-init writes after its own clean would stop it on the instances made from the image.
set -Eeuo pipefail
failed() {
  trap - ERR
  echo "BUDDYVERSE-SETUP FAILED at $*" | tee /dev/console || true
  shutdown -h now
  exit 1
}
trap 'failed "line $LINENO of web-seal.sh: $BASH_COMMAND"' ERR

# What it was told to send, and how far it has come, is the builder's.
sleep 6
systemctl stop amazon-cloudwatch-agent.service || true
rm -rf /opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d/* /opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.* /opt/aws/amazon-cloudwatch-agent/logs/* /etc/buddyverse-logs.json

timeout 600 cloud-init status --wait >/dev/null || true
cloud-init clean --logs
# Empty, not `cloud-init clean --machine-id`: "uninitialized" makes a boot the first one, at which systemd enables
# units by preset, Apache among them (machine-id(5), "First Boot Semantics").
truncate -s 0 /etc/machine-id
# The key that the SSM agent registered with: each instance makes its own.
snap stop amazon-ssm-agent 2>/dev/null || systemctl stop amazon-ssm-agent 2>/dev/null || true
rm -rf /var/lib/amazon/ssm/*
rm -f /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /root/.bash_history /home/*/.bash_history
rm -rf /var/lib/apt/lists/* /var/lib/systemd/random-seed /var/tmp/* /root/.cache /var/log/apache2/* /var/log/buddyverse-setup.log
apt-get clean
journalctl -q --rotate
journalctl -q --vacuum-time=1s
sync

# A role is usable some time after it was made.
for attempt in {1..20}; do
  buddyverse-aws baked "$1" "$2" && break
  [ "$attempt" -lt 20 ] || failed "the last step: the role cannot write $2"
  sleep 15
done
echo "BUDDYVERSE-SETUP DONE: $2 says baked" | tee /dev/console || true
shutdown -h now
