#!/usr/bin/env bash
# `npm run test:image`: the instance scripts on booted machines (docs/image.md). `run.sh --check` only says what is missing.
# All that it starts, mounts and connects lives in namespaces of its own, and goes with its last process, killed or not.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
[ "$(id -u)" = 0 ] || missing+=(root)
for program in chroot curl debootstrap ip mariadb mariadb-install-db mariadbd moto_server nft nsenter openssl systemd-nspawn unshare; do
  command -v "$program" >/dev/null || missing+=("$program")
done
unshare --mount --net --pid --fork true 2>/dev/null || missing+=('the right to make namespaces')
if [ "${#missing[@]}" -gt 0 ]; then
  printf 'npm run test:image cannot run here: it needs'
  printf ' %s,' "${missing[@]}" | sed 's/,$/\n/'
  exit 1
fi
[ "${1:-}" != --check ] || exit 0

cache=/var/tmp/buddyverse-image
mkdir -p "$cache/work" "$cache/packages" /run/netns
exec 9>"$cache/lock"
flock 9 # two runs would meet in one control group

# Ubuntu 22.04, as on AWS; where only Debian's mirror answers, Debian 12.
if curl -sfI -m 10 -o /dev/null http://archive.ubuntu.com/ubuntu/dists/jammy/InRelease; then
  suite=jammy mirror=http://archive.ubuntu.com/ubuntu components='main universe'
else
  # The mirror that this machine's own apt uses.
  mirror=$({ sed -nE 's|^URIs: *([^ ]+/debian)/? *$|\1|p; s|^deb (\[[^]]*\] )?([^ ]+/debian)/? .*|\2|p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } | head -n 1)
  suite=bookworm components=main
fi
export BUDDYVERSE_IMAGE_ROOT="$cache/$suite"
if [ ! -d "$BUDDYVERSE_IMAGE_ROOT" ]; then
  echo "making the $suite root in $BUDDYVERSE_IMAGE_ROOT (once)"
  new="$BUDDYVERSE_IMAGE_ROOT.new"
  rm -rf --one-file-system "$new"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  if [ "$suite" = jammy ]; then
    # Debian has no package with Ubuntu's key, so the known one is taken from Ubuntu.
    keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
    if [ ! -f "$keyring" ]; then
      curl -sfo "$cache/keyring.deb" "$mirror/pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb"
      echo "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f $cache/keyring.deb" | sha256sum --check --quiet
      dpkg-deb -x "$cache/keyring.deb" "$cache/keyring"
      keyring="$cache/keyring$keyring"
    fi
  fi
  debootstrap --variant=minbase --components="${components// /,}" --keyring="$keyring" \
    --include=systemd-sysv,libpam-systemd,dbus,ca-certificates,iproute2,nftables,procps "$suite" "$new" "$mirror" >"$cache/root.log" 2>&1 ||
    { tail -n 20 "$cache/root.log"; exit 1; }
  echo "deb $mirror $suite $components" >"$new/etc/apt/sources.list"
  echo "deb $mirror $suite-updates $components" >>"$new/etc/apt/sources.list"
  cp /etc/resolv.conf "$new/etc/resolv.conf"
  chroot "$new" bash -c 'export DEBIAN_FRONTEND=noninteractive
    apt-get -q update && apt-get -qy --no-install-recommends install cloud-init lsb-release && apt-get clean && rm -rf /var/lib/apt/lists/*' >>"$cache/root.log" 2>&1 ||
    { tail -n 20 "$cache/root.log"; exit 1; }
  mv "$new" "$BUDDYVERSE_IMAGE_ROOT"
fi

# Empty control groups are all that a killed systemd-nspawn leaves, once its processes are gone.
sweep() {
  for _ in {1..25}; do
    find /sys/fs/cgroup -depth -type d \( -path '*/payload*' -o -name supervisor \) -exec rmdir {} + 2>/dev/null && return
    sleep 0.2
  done
}
trap sweep EXIT
export BUDDYVERSE_IMAGE_WORK="$cache/work"
# shellcheck disable=SC2016 # the variables are the inner shell's
unshare --mount --pid --fork --mount-proc --kill-child bash -euc '
  mount -t tmpfs tmpfs /run/netns
  mount -t tmpfs -o mode=0755 tmpfs "$BUDDYVERSE_IMAGE_WORK"
  npx vitest run --config test/image/vitest.config.ts "$@"' run "$@" 9>&-
