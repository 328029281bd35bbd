#!/bin/bash
# Puts the application's static files where Apache serves them; the application's STATIC_ROOT is /mnt/efs/static.
set -euo pipefail
cd "$(cat /srv/buddyverse/root)"
[ -f manage.py ] || exit 0
exec /srv/buddyverse/venv/bin/python manage.py collectstatic --noinput --verbosity 0
