#!/usr/bin/env bash
# `npm run test:image`: the instance scripts on booted machines (docs/internals/image.md).
# run.sh --check   only says what is missing
# run.sh --root    only makes the system that the machines start from, which wants no npm ci
# All that it starts, mounts and connects lives in namespaces of its own, and goes with its last process, killed or not.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
[ "$(id -u)" = 0 ] || missing+=(root)
for program in chroot curl dpkg-deb gpg ip mariadb mariadb-install-db mariadbd mmdebstrap moto_server nft nsenter openssl systemd-nspawn unshare; do
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
flock 9

ubuntu=http://archive.ubuntu.com/ubuntu
is_ubuntu() { [ "$1" = jammy ] || [ "$1" = noble ]; }

# Makes the system that the machines start from, once. Without manuals, and without py3compile: Python compiles what is used
# when it is first used. The lists stay, so that the builder's apt-get update fetches only what is new since. Names are in
# /etc/hosts; the others are refused at once, where this machine's DNS server would never be reached.
make_root() {
  local suite=$1 new="$cache/$1.new" mirror components keyring
  echo "making the $suite root in $cache/$suite (once)"
  rm -rf --one-file-system "$new"
  if is_ubuntu "$suite"; then
    mirror=$ubuntu components='main universe'
    # Debian has no package with Ubuntu's key, so the known one is taken from Ubuntu.
    keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
    if [ ! -f "$keyring" ]; then
      curl -sfo "$cache/keyring.deb" "$mirror/pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb" &&
        echo "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f $cache/keyring.deb" | sha256sum --check --quiet &&
        dpkg-deb -x "$cache/keyring.deb" "$cache/keyring" || return 1
      keyring="$cache/keyring$keyring"
    fi
  else
    # The mirror that this machine's own apt uses.
    mirror=$({ sed -nE 's|^URIs: *([^ ]+/debian)/? *$|\1|p; s|^deb (\[[^]]*\] )?([^ ]+/debian)/? .*|\2|p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } | head -n 1)
    mirror=${mirror:-http://deb.debian.org/debian} components=main
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  fi
  # shellcheck disable=SC2016 # $1 is the hook's
  mmdebstrap --mode=root --variant=minbase --keyring="$keyring" --skip=cleanup/apt/lists \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --essential-hook='printf "path-exclude=%s\n" /usr/bin/py3compile "/usr/share/man/*" "/usr/share/doc/*" "/usr/share/locale/*" >"$1/etc/dpkg/dpkg.cfg.d/image-test"' \
    --include=apt,systemd-sysv,libpam-systemd,dbus,ca-certificates,iproute2,nftables,procps,cloud-init,lsb-release \
    --customize-hook='rm "$1/etc/apt/apt.conf.d/99mmdebstrap"; [ -L "$1/etc/resolv.conf" ] || echo nameserver 127.0.0.1 >"$1/etc/resolv.conf"' \
    --customize-hook='chroot "$1" cloud-init --version' \
    "$suite" "$new" "deb $mirror $suite $components" "deb $mirror $suite-updates $components" >"$cache/root.log" 2>&1 ||
    { tail -n 20 "$cache/root.log"; return 1; }
  mv "$new" "$cache/$suite"
}

# Ubuntu 22.04, as on AWS; where its mirror does not answer, or not to the end, Debian 12.
BUDDYVERSE_IMAGE_ROOT=
for suite in ${BUDDYVERSE_IMAGE_SUITE:-jammy bookworm}; do
  ! is_ubuntu "$suite" || curl -sfI -m 10 -o /dev/null "$ubuntu/dists/$suite/InRelease" || continue
  [ -d "$cache/$suite" ] || make_root "$suite" || continue
  BUDDYVERSE_IMAGE_ROOT="$cache/$suite"
  break
done
[ -n "$BUDDYVERSE_IMAGE_ROOT" ] || { echo 'neither Ubuntu nor Debian could be fetched'; exit 1; }
export BUDDYVERSE_IMAGE_ROOT
[ "${1:-}" != --root ] || exit 0

# Empty control groups are all that is left, once the processes are gone.
sweep() {
  for _ in {1..25}; do
    find /sys/fs/cgroup -depth -type d -path '*/buddyverse-image*' -exec rmdir {} + 2>/dev/null && return
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
