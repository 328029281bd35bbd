#!/usr/bin/python3
"""What an instance asks of AWS, with its own role.

buddyverse-aws instance                   metadata to /run/buddyverse/instance.json
buddyverse-aws database                   settings from SSM to /run/buddyverse/database.json
buddyverse-aws baked REGION PARAMETER     the mark that the image is good
"""
import grp
import hashlib
import hmac
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})
RUN = os.environ.get("BUDDYVERSE_RUN", "/run/buddyverse")


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


def database():
    path = os.environ["BUDDYVERSE_PARAMETER_PATH"]
    client = boto3.client("ssm", region_name=os.environ["BUDDYVERSE_REGION"], config=QUICK)
    names = [path + name for name in ("password", "primary", "replica", "secret-key")]
    answer = client.get_parameters(Names=names, WithDecryption=True)
    found = {each["Name"][len(path):]: each["Value"] for each in answer["Parameters"]}
    missing = [name for name in ("password", "primary") if name not in found]
    if missing:
        sys.exit("BUDDYVERSE-BOOT not in SSM yet: " + ", ".join(path + name for name in missing))

    def endpoint(value):
        host, _, port = value.rpartition(":")
        return {"host": host, "port": int(port)}

    changed = write("database.json", {
        "name": os.environ["BUDDYVERSE_DATABASE"],
        "user": os.environ["BUDDYVERSE_USER"],
        "password": found["password"],
        "primary": endpoint(found["primary"]),
        "replica": endpoint(found["replica"]) if "replica" in found else None,
        "ca": "/etc/buddyverse/database-ca.pem",
        # The same on all instances, for an application's SECRET_KEY. It outlives the password; while it is missing, one that
        # all instances work out alike takes its place.
        "secretKey": found.get("secret-key") or hmac.new(found["password"].encode(), b"SECRET_KEY", hashlib.sha256).hexdigest(),
    })
    # Settings are read when the application starts, so it starts anew. Does nothing before Apache runs.
    if changed:
        subprocess.run(["systemctl", "try-reload-or-restart", "apache2.service"], check=True)


def baked(region, parameter):
    client = boto3.client("ssm", region_name=region, config=QUICK)
    client.put_parameter(Name=parameter, Value="baked", Type="String", Overwrite=True)


if __name__ == "__main__":
    verbs = {"instance": instance, "database": database, "baked": baked}
    try:
        verbs[sys.argv[1]](*sys.argv[2:])
    except (BotoCoreError, ClientError, OSError) as error:
        sys.exit(f"buddyverse-aws {sys.argv[1]}: {error}")
