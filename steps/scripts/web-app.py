#!/usr/bin/python3 -I
"""Runs a command as the application: buddyverse-app COMMAND [ARGUMENT…]

As www-data, in the project's folder, with the environment that the site has; `python` is that of its virtual environment.
"""
import json
import os
import pwd
import sys

ENVIRONMENT = "/run/buddyverse/app.env.json"

if len(sys.argv) < 2:
    sys.exit("usage: buddyverse-app COMMAND [ARGUMENT…], as in: buddyverse-app python manage.py check")
try:
    with open(ENVIRONMENT) as file:
        environment = json.load(file)
except FileNotFoundError:
    sys.exit("buddyverse-app: the settings are not there yet; systemctl status buddyverse-boot.service says why")
except PermissionError:
    sys.exit(f"buddyverse-app: only root and www-data may read {ENVIRONMENT}: use sudo")
with open("/srv/buddyverse/entry.json") as file:
    os.chdir(json.load(file)["root"])
if os.geteuid() == 0:
    user = pwd.getpwnam("www-data")
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
os.umask(0o022)
environment.setdefault("TERM", os.environ.get("TERM", "dumb"))
try:
    os.execvpe(sys.argv[1], sys.argv[1:], environment)
except OSError as error:
    sys.exit(f"buddyverse-app: {sys.argv[1]}: {error.strerror}")
