#!/bin/bash
# User data of a NAT instance (Amazon Linux 2023): runs once, at the first boot, and leaves a service for all others.
set -Eeuo pipefail

say() {
  echo "BUDDYVERSE-NAT $*"
  { echo "BUDDYVERSE-NAT $*" >/dev/console; } 2>/dev/null || true
}
trap 'say "FAILED at line $LINENO: $BASH_COMMAND"' ERR

cat >/etc/buddyverse-nat.env <<'SETTINGS'
VPC_CIDR=@VPC_CIDR@
SETTINGS
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
