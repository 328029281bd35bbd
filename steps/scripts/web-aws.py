#!/usr/bin/python3
"""What an instance asks of AWS, with its own role.

buddyverse-aws instance                   metadata to /run/buddyverse/instance.json
buddyverse-aws settings                   from SSM to /run/buddyverse/database.json and app.env.json
buddyverse-aws reload                          the application starts anew, and is waited for
buddyverse-aws stand-in                   the same on the builder, which has no database and no secrets
buddyverse-aws baked REGION PARAMETER     the mark that the image is good
"""
import grp
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})
RUN = os.environ.get("BUDDYVERSE_RUN", "/run/buddyverse")
RELEASE = os.environ.get("BUDDYVERSE_RELEASE_FILE", "/etc/buddyverse/release.json")
LOCK = os.environ.get("BUDDYVERSE_LOCK", "/mnt/efs/.buddyverse/reload.lock")
ENTRY = os.environ.get("BUDDYVERSE_ENTRY_FILE", "/srv/buddyverse/entry.json")
# Every driver of MySQL takes its TLS from this file; for what else some want, see web-inspect.py.
TLS = "read_default_file=/etc/buddyverse/mysql.cnf"


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write(name, content):
    """Replaces the file at once, readable by root and Apache only; tells whether that changed it."""
    path = os.path.join(RUN, name)
    text = json.dumps(content, indent=1)
    try:
        with open(path) as file:
            if file.read() == text:
                return False
    except FileNotFoundError:
        pass
    os.makedirs(RUN, exist_ok=True)
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchown(descriptor, os.getuid(), grp.getgrnam("www-data").gr_gid)
        os.fchmod(descriptor, 0o640)
        file.write(text)
    os.replace(path + ".new", path)
    return True


def instance():
    base = os.environ.get("BUDDYVERSE_IMDS", "http://169.254.169.254") + "/latest/"
    ask = urllib.request.Request(base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    token = urllib.request.urlopen(ask, timeout=5).read().decode()

    def metadata(path):
        request = urllib.request.Request(base + "meta-data/" + path, headers={"X-aws-ec2-metadata-token": token})
        try:
            return urllib.request.urlopen(request, timeout=5).read().decode()
        except urllib.error.HTTPError:
            return None  # tags are there only if the launch template allows them in the metadata

    write("instance.json", {
        "id": metadata("instance-id"),
        "zone": metadata("placement/availability-zone"),
        "type": metadata("instance-type"),
        "image": metadata("ami-id"),
        "templateVersion": metadata("tags/instance/aws:ec2launchtemplate:version"),
        "fileSystem": os.environ["BUDDYVERSE_FILE_SYSTEM"],
    })


def parameters(path, names):
    """The values of those that are there, by name. SSM takes ten names at a time (API reference, GetParameters)."""
    client = boto3.client("ssm", region_name=os.environ["BUDDYVERSE_REGION"], config=QUICK)
    found = {}
    for first in range(0, len(names), 10):
        answer = client.get_parameters(Names=[path + name for name in names[first:first + 10]], WithDecryption=True)
        found.update({each["Name"][len(path):]: each["Value"] for each in answer["Parameters"]})
    return found


def required(path, names, found):
    missing = [path + name for name in names if name not in found]
    if missing:
        sys.exit("BUDDYVERSE-BOOT not in SSM yet: " + ", ".join(missing))


def database(found):
    def endpoint(value):
        host, _, port = value.rpartition(":")
        return {"host": host, "port": int(port)}

    return {
        "name": os.environ.get("BUDDYVERSE_DATABASE", "bake"),
        "user": os.environ.get("BUDDYVERSE_USER", "bake"),
        "password": found["password"],
        "primary": endpoint(found["primary"]),
        "replica": endpoint(found["replica"]) if "replica" in found else None,
        "ca": "/etc/buddyverse/database-ca.pem",
        # The same on all instances, for an application's SECRET_KEY. It outlives the password; while it is missing, one that
        # all instances work out alike takes its place.
        "secretKey": found.get("secret-key") or hmac.new(found["password"].encode(), b"SECRET_KEY", hashlib.sha256).hexdigest(),
    }


def environment(database, release, secrets):
    """What the application and its commands find in their environment; what comes later wins."""
    entry = read(ENTRY)

    def url(endpoint):
        user, password = (urllib.parse.quote(database[key], safe="") for key in ("user", "password"))
        # Both django-environ and dj-database-url hand these on to the driver as they are.
        return f"mysql://{user}:{password}@{endpoint['host']}:{endpoint['port']}/{database['name']}?{entry.get('databaseOptions', TLS)}"

    names = release.get("siteNames", ["localhost"])
    found = {
        "PATH": "/srv/buddyverse/venv/bin:/usr/local/bin:/usr/bin:/bin",
        "VIRTUAL_ENV": "/srv/buddyverse/venv",
        "HOME": "/srv/buddyverse/home",
        "LANG": "C.UTF-8",
        "DATABASE_URL": url(database["primary"]),
        # The replica comes late in a new stack: until then reads go to the primary.
        "DATABASE_REPLICA_URL": url(database["replica"] or database["primary"]),
        "SECRET_KEY": database["secretKey"],
        "DJANGO_SECRET_KEY": database["secretKey"],
        "ALLOWED_HOSTS": ",".join(names),
        "STATIC_ROOT": "/srv/buddyverse/static",
        "MEDIA_ROOT": "/mnt/efs/media",
        "BUDDYVERSE_SITE": ("https://" if release.get("https") else "http://") + names[0],
        "BUDDYVERSE_RELEASE": release.get("releaseId", ""),
    }
    if entry.get("settings"):
        found["DJANGO_SETTINGS_MODULE"] = entry["settings"]
    ours = ("BUDDYVERSE_REGION", "BUDDYVERSE_STACK", "BUDDYVERSE_FILE_SYSTEM")
    return {**found, **{name: os.environ.get(name, "bake") for name in ours}, **release.get("env", {}), **secrets}


def settings():
    path = os.environ["BUDDYVERSE_PARAMETER_PATH"]
    found = parameters(path, ["password", "primary", "replica", "secret-key"])
    required(path, ["password", "primary"], found)
    release = read(RELEASE)
    secret_path = f"/buddyverse/{os.environ['BUDDYVERSE_STACK']}/app/"
    secrets = parameters(secret_path, release.get("secrets", []))
    required(secret_path, release.get("secrets", []), secrets)
    database_settings = database(found)
    changed = [
        write("database.json", database_settings),
        write("app.env.json", environment(database_settings, release, secrets)),
    ]
    # Left behind by a reload that did not come about: the next run makes up for it.
    due = os.path.join(RUN, "reload")
    if any(changed):
        open(due, "w").close()
    if os.path.exists(due):
        # Before Apache runs there is nothing that has others.
        if os.path.exists(os.path.join(RUN, "ready")):
            in_turn()
        os.remove(due)


def in_turn():
    """Has the application start anew, as it reads its settings when it starts: on one instance after the other, as all see a
    change within the same minute. Nobody waits for long, nor for shared files that do not answer."""
    try:
        subprocess.run(["flock", "-w", "15", LOCK, sys.executable, sys.argv[0], "reload"], check=True, timeout=30)
    except subprocess.SubprocessError:
        start_anew()


def start_anew():
    subprocess.run(["systemctl", "try-reload-or-restart", "apache2.service"], check=True)


def reload():
    start_anew()
    # systemctl does not wait for Apache; Apache has a request wait until the application is there, whatever that answers.
    time.sleep(2)
    try:
        urllib.request.urlopen(os.environ.get("BUDDYVERSE_APACHE", "http://127.0.0.1/"), timeout=10).close()
    except OSError:
        pass


def stand_in():
    release = read(RELEASE)
    # Port 9 refuses at once.
    settings = database({"password": "bake", "primary": "127.0.0.1:9"})
    write("database.json", settings)
    write("app.env.json", environment(settings, release, {name: "bake" for name in release.get("secrets", [])}))


def baked(region, parameter):
    client = boto3.client("ssm", region_name=region, config=QUICK)
    client.put_parameter(Name=parameter, Value="baked", Type="String", Overwrite=True)


if __name__ == "__main__":
    verbs = {"instance": instance, "settings": settings, "reload": reload, "stand-in": stand_in, "baked": baked}
    try:
        verbs[sys.argv[1]](*sys.argv[2:])
    except (BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"buddyverse-aws {sys.argv[1]}: {error}")
