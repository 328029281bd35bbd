#!/bin/bash
# Makes this instance route for the VPC. buddyverse-nat.service runs it at every boot; running it again is safe.
set -Eeuo pipefail
vpc_cidr=$1

# The name differs by instance family (ens5 on Nitro, enX0 on Xen), so ask the routing table.
interface=''
for _ in {1..30}; do
  interface=$(ip -o -4 route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
  [ -n "$interface" ] && break
  sleep 2
done
[ -n "$interface" ] || { echo "BUDDYVERSE-NAT no default route after 60 s" >&2; exit 1; }

# The first line makes the table exist, so that deleting it cannot fail; nft applies all of this at once or not at all.
nft -f - <<RULES
table ip buddyverse_nat
delete table ip buddyverse_nat
table ip buddyverse_nat {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ip saddr $vpc_cidr accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "$interface" ip saddr $vpc_cidr ip daddr != $vpc_cidr masquerade
  }
}
RULES
sysctl -q -w net.ipv4.ip_forward=1
# What comes in goes out on the same interface: without this the kernel tells hosts of a shorter way, which is none. An
# interface sends redirects when either switch is on.
sysctl -q -w net.ipv4.conf.all.send_redirects=0 "net.ipv4.conf.$interface.send_redirects=0"

nft list chain ip buddyverse_nat postrouting | grep -q masquerade
[ "$(sysctl -n net.ipv4.ip_forward)" = 1 ]
echo "BUDDYVERSE-NAT READY: $vpc_cidr is masqueraded through $interface" | tee -a /var/log/buddyverse-nat.log
