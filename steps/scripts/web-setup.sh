#!/bin/bash
# Runs on the image builder (Ubuntu 22.04 or 24.04) with the settings of web-builder.sh: installs, deploys, proves that it
# serves, then hands over to web-seal.sh, which writes the mark and powers off. A failure powers off without the mark.
set -Eeuo pipefail
log=/var/log/buddyverse-setup.log

failed() {
  trap - ERR
  tail -n 40 "$log" || true
  tail -n 30 /var/log/apache2/error.log || true
  echo "BUDDYVERSE-SETUP FAILED at line $1 of web-setup.sh: $2" | tee -a "$log" /dev/console || true
  ! systemctl is-active --quiet amazon-cloudwatch-agent.service || sleep 10 # it sends every five seconds
  shutdown -h now
  exit 1
}
trap 'failed "$LINENO" "$BASH_COMMAND"' ERR

step() { echo "BUDDYVERSE-SETUP $*" | tee -a "$log"; }
quietly() { "$@" >>"$log" 2>&1 || failed "${BASH_LINENO[0]}" "$*"; }
# retry TIMES SECONDS COMMAND...
retry() {
  local times=$1 pause=$2
  shift 2
  until "$@" >>"$log" 2>&1; do
    times=$((times - 1))
    [ "$times" -gt 0 ] || failed "${BASH_LINENO[0]}" "$*"
    sleep "$pause"
  done
}

mkdir -p /run/buddyverse
touch /run/buddyverse/ready # web-apache.service.conf asks for it
basename "$MARKER" >/etc/buddyverse/image # the content hash, for the built-in page

step 'packages'
# Without Error-Mode, an update that fetched nothing counts as done. The lists' own lock has no timeout: hence retry.
packages() {
  apt-get -o APT::Update::Error-Mode=any update && apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -y "$@"
}
# The kernel too: the instances boot the image.
retry 20 15 packages dist-upgrade
retry 20 15 packages install apache2 libapache2-mod-wsgi-py3 python3-django python3-mysqldb python3-pymysql python3-boto3 python3-venv \
  nfs-common default-mysql-client stress-ng curl git gpg openssl

step "certificates of RDS from $DATABASE_CA"
retry 20 15 curl -fsS -m 60 -o /etc/buddyverse/database-ca.pem "$DATABASE_CA"
quietly openssl x509 -noout -in /etc/buddyverse/database-ca.pem

step "CloudWatch agent from $AGENT"
downloads=/run/buddyverse-setup/agent
install -d -m 0700 "$downloads"
package=$AGENT/ubuntu/$(dpkg --print-architecture)/latest/amazon-cloudwatch-agent.deb
retry 20 15 curl -fsS -m 300 -o "$downloads/agent.deb" "$package"
retry 20 15 curl -fsS -m 60 -o "$downloads/agent.sig" "$package.sig"
retry 20 15 curl -fsS -m 60 -o "$downloads/key" "$AGENT_KEY_URL"
quietly gpg --homedir "$downloads" --batch --import "$downloads/key"
# Which key has signed it is the last word of VALIDSIG (GnuPG, doc/DETAILS).
gpg --homedir "$downloads" --batch --status-fd 1 --verify "$downloads/agent.sig" "$downloads/agent.deb" 2>>"$log" >"$downloads/status" || true
grep -q "^\[GNUPG:\] VALIDSIG .* $AGENT_KEY$" "$downloads/status" || failed "$LINENO" "$package is not signed by $AGENT_KEY"
mv "$downloads/agent.deb" /var/tmp/amazon-cloudwatch-agent.deb
retry 5 15 packages install /var/tmp/amazon-cloudwatch-agent.deb
rm /var/tmp/amazon-cloudwatch-agent.deb
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/etc/buddyverse-logs.json >>"$log" 2>&1 ||
  step 'the CloudWatch agent does not start: no lines are sent'
# Instances start it when they know what to send.
systemctl disable amazon-cloudwatch-agent.service >>"$log" 2>&1 || true

step 'application'
mkdir -p /mnt/efs
quietly a2dissite 000-default
quietly a2enmod headers remoteip rewrite wsgi
install -d -o www-data -g www-data /srv/buddyverse/home /srv/buddyverse/static

# as_app COMMAND...: as the application's user, before it has an environment
as_app() {
  runuser -u www-data -- env -i HOME=/srv/buddyverse/home LANG=C.UTF-8 PATH=/srv/buddyverse/venv/bin:/usr/local/bin:/usr/bin:/bin "$@"
}
virtual_environment() {
  rm -rf /srv/buddyverse/venv
  install -d -o www-data -g www-data /srv/buddyverse/venv
  quietly as_app python3 -m venv "$@" /srv/buddyverse/venv
}

# Proves what entry.json names, and serves it.
serve() {
  rm -rf /mnt/efs/* /srv/buddyverse/static/*
  install -d -o www-data -g www-data /mnt/efs/static /mnt/efs/media
  # Twice: which driver it has decides on its DATABASE_URL.
  for _ in 1 2; do
    quietly buddyverse-aws stand-in
    quietly buddyverse-site serve
  done
  # What it says of the application is for who wrote that.
  local proof=/run/buddyverse-setup/proof failure=''
  buddyverse-app python /run/buddyverse-setup/prove.py >"$proof" 2>&1 || failure=$(tail -n 1 "$proof")
  tee -a "$log" <"$proof"
  [ -z "$failure" ] || failed "$LINENO" "$failure"
  quietly buddyverse-site keep
  quietly a2ensite buddyverse
  quietly apache2ctl configtest
  quietly systemctl restart apache2.service
  systemctl is-active --quiet apache2.service
  # From an address of the VPC and by one, as the load balancer asks.
  local path code
  path=$(python3 -c 'import json; print(json.load(open("/etc/buddyverse/release.json"))["healthCheckPath"])')
  code=$(curl -s -o /dev/null -m 30 -w '%{http_code}' -A ELB-HealthChecker/2.0 "http://$(hostname -I | cut -d ' ' -f 1)$path")
  step "Apache answers $code for $path"
  ! grep -q ' answers 200' "$proof" || [ "$code" = 200 ] || failed "$LINENO" "Apache answers $code for $path, the application alone 200"
}
# The built-in page first, whatever will be served: it proves Apache, mod_wsgi, Django and the static files.
virtual_environment --system-site-packages
echo '{"root": "/srv/buddyverse/page", "wsgi": "buddyverse_page:application"}' >/srv/buddyverse/entry.json
mv /etc/buddyverse/release.json /run/buddyverse-setup/release.json
sed -E 's/("healthCheckPath":)"[^"]*"/\1"\/"/' /run/buddyverse-setup/release.json >/etc/buddyverse/release.json
serve
quietly curl -sf -m 10 http://127.0.0.1/static/buddyverse.txt
echo ok >/mnt/efs/media/bake.txt
quietly curl -sf -m 10 http://127.0.0.1/media/bake.txt
mv /run/buddyverse-setup/release.json /etc/buddyverse/release.json

app=/srv/buddyverse/app
if [ -n "$APP_GIT" ]; then
  step "application from $APP_GIT at $APP_REVISION"
  retry 5 15 git clone --quiet "$APP_GIT" "$app"
  # A branch, else a tag or commit.
  commit=$(git -C "$app" rev-parse -q --verify "origin/$APP_REVISION^{commit}" || git -C "$app" rev-parse -q --verify "$APP_REVISION^{commit}")
  quietly git -C "$app" checkout --quiet --detach "$commit"
elif [ -n "$APP_KEY" ]; then
  step "application from s3://$BUCKET/$APP_KEY"
  mkdir "$app"
  # All times in it are the same, and browsers and Python tell by the time whether a file has changed.
  quietly tar -xzf /run/buddyverse-setup/app.tar.gz -C "$app" --no-same-owner --touch
fi
if [ -d "$app" ]; then
  chown -R www-data:www-data "$app"
  quietly python3 /run/buddyverse-setup/resolve.py "$app"
  wanted=/run/buddyverse-setup/packages
  if [ -e "$wanted" ]; then
    step "Ubuntu packages of the application: $(paste -sd ' ' "$wanted")"
    mapfile -t names <"$wanted"
    retry 5 15 packages install "${names[@]}"
  fi
  wanted=/run/buddyverse-setup/requirements.txt
  if [ -e "$wanted" ]; then
    step "Python packages of the application: $(paste -sd ' ' "$wanted")"
    retry 5 15 packages install build-essential python3-dev default-libmysqlclient-dev pkg-config
    # Its packages only: Ubuntu's own are older.
    virtual_environment
    # Its paths are relative to the project.
    cd "$app"
    retry 3 15 as_app pip install --quiet -r "$wanted"
    cd /
    chown -R root:root /srv/buddyverse/venv
  fi
  serve
fi

step 'proof'
for program in mysql stress-ng mount.nfs4 apache2ctl flock; do
  quietly command -v "$program"
done
quietly systemctl enable buddyverse-boot.service
# Only web-boot.sh starts Apache, when EFS is there.
quietly systemctl disable --now apache2.service
rm -rf /mnt/efs/* /run/buddyverse
systemd-run -q --unit=buddyverse-seal -p StandardOutput=journal+console -p StandardError=journal+console \
  bash /run/buddyverse-setup/web-seal.sh "$REGION" "$MARKER"
step 'set up; sealing'
