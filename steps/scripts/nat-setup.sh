#!/bin/bash
# User data of a NAT instance (Amazon Linux 2023): runs once, at the first boot, and leaves a service for all others.
set -Eeuo pipefail

say() {
  echo "BUDDYVERSE-NAT $*" | tee -a /var/log/buddyverse-nat.log
  { echo "BUDDYVERSE-NAT $*" >/dev/console; } 2>/dev/null || true
}
trap 'say "FAILED at line $LINENO: $BASH_COMMAND"' ERR

cat >/etc/buddyverse-nat.env <<'SETTINGS'
VPC_CIDR=@VPC_CIDR@
SETTINGS
cat >/etc/buddyverse-logs.json <<'LOGS'
@LOGS@
LOGS
# @FILES@

# dnf may be locked by the SSM agent, and the way out may not be there yet in the first seconds.
for attempt in {1..30}; do
  command -v nft >/dev/null && break
  dnf -y -q install nftables && break
  echo "BUDDYVERSE-NAT nftables is not installed yet (attempt $attempt of 30)"
  sleep 10
done
command -v nft >/dev/null

echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/90-buddyverse-nat.conf
systemctl daemon-reload
systemctl enable buddyverse-nat.service
systemctl restart buddyverse-nat.service
systemctl is-active --quiet buddyverse-nat.service
say 'SETUP DONE: routing now and after each reboot'

# Without it the instance routes all the same.
trap - ERR
agent=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
for _ in {1..5}; do
  [ -x "$agent" ] || dnf -y -q install amazon-cloudwatch-agent && break
  sleep 10
done
"$agent" -a fetch-config -m ec2 -s -c file:/etc/buddyverse-logs.json &>/dev/null ||
  say 'the CloudWatch agent does not start: no lines are sent'
