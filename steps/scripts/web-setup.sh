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
mkdir -p /mnt/efs/static /mnt/efs/media
# Stands in for what web-boot.sh writes, so that settings that read it can be imported; /run does not reach the image.
echo '{"name":"bake","user":"bake","password":"bake","primary":{"host":"127.0.0.1","port":9},"replica":null,"ca":"/etc/buddyverse/database-ca.pem"}' >/run/buddyverse/database.json
quietly python3 -m venv --system-site-packages /srv/buddyverse/venv
quietly a2dissite 000-default
quietly a2enmod headers wsgi

# serve ROOT WSGI: Apache serves this application; its answer to / is in $code.
serve() {
  echo "$1" >/srv/buddyverse/root
  sed "s|@ROOT@|$1|g; s|@WSGI@|$2|g" /srv/buddyverse/apache.conf >/etc/apache2/sites-available/buddyverse.conf
  quietly a2ensite buddyverse
  rm -rf /mnt/efs/static/*
  quietly buddyverse-collectstatic
  quietly apache2ctl configtest
  quietly systemctl restart apache2.service
  systemctl is-active --quiet apache2.service
  code=$(curl -s -o /dev/null -m 30 -w '%{http_code}' http://127.0.0.1/)
  step "/ answers $code"
}
# The built-in page first, whatever will be served: it proves Apache, mod_wsgi, Django and the static files.
serve /srv/buddyverse/page /srv/buddyverse/page/wsgi.py
[ "$code" = 200 ]
quietly curl -sf -m 10 http://127.0.0.1/static/buddyverse.txt
echo ok >/mnt/efs/media/bake.txt
quietly curl -sf -m 10 http://127.0.0.1/media/bake.txt

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
  # All times in it are the same; collectstatic copies only what is newer than what the file system has.
  quietly tar -xzf /run/buddyverse-setup/app.tar.gz -C "$app" --no-same-owner --touch
fi
if [ -d "$app" ]; then
  if [ -f "$app/requirements.txt" ]; then
    retry 5 15 packages install build-essential python3-dev default-libmysqlclient-dev pkg-config
    # Its packages only: Ubuntu's own are older.
    quietly python3 -m venv --clear /srv/buddyverse/venv
    retry 3 15 /srv/buddyverse/venv/bin/pip install -r "$app/requirements.txt"
  fi
  # The entry: what the file buddyverse-wsgi names, else the only wsgi.py.
  if [ -f "$app/buddyverse-wsgi" ]; then
    wsgi="$app/$(tr -d '[:space:]' <"$app/buddyverse-wsgi")"
  else
    wsgi=$(find "$app" -name wsgi.py -not -path '*/.*' -not -path '*/tests/*' -not -path '*/site-packages/*' -not -path '*/node_modules/*')
  fi
  [ -f "$wsgi" ] || failed "$LINENO" "one wsgi.py is wanted (name it in the file buddyverse-wsgi), found: ${wsgi:-none}"
  root=$(dirname "$wsgi")
  [ "$root" = "$app" ] || root=$(dirname "$root")
  cd "$root"
  quietly /srv/buddyverse/venv/bin/python -c 'import runpy, sys; sys.path.insert(0, "."); runpy.run_path(sys.argv[1])["application"]' "$wsgi"
  # It may need its database to answer 200, and there is none here: any answer will do.
  serve "$root" "$wsgi"
  [ ! -f manage.py ] || [ -n "$(ls /mnt/efs/static)" ] || failed "$LINENO" 'collectstatic: STATIC_ROOT is not /mnt/efs/static'
  cd /
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
