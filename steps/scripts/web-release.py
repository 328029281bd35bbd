#!/usr/bin/python3
"""Runs the release command once for a release, whichever instance of it boots first; others wait for it.

What came of it stands in Parameter Store, as JSON; all that it printed in /var/log/buddyverse/release.log.
With words it only tells that this instance does not come up, which the words say why.
"""
import collections
import fcntl
import json
import os
import subprocess
import sys
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

RELEASES = "/mnt/efs/.buddyverse/releases"
# The group replaces an instance that does not answer for longer (RELEASE_GRACE_SECONDS).
TIMEOUT_SECONDS = 900
# What the application prints.
APP_LOG, APP_LINES = "/var/log/apache2/app.log", 20
# A standard parameter holds 4 KB (Systems Manager user guide, parameter-store-advanced-parameters).
VALUE_BYTES, OUTPUT_CHARACTERS = 4096, 3000


def read(path):
    with open(path) as file:
        return json.load(file)


def hidden(release):
    """What must not be seen: the values of the secrets, and what logs in to the database, as it is and in a URL."""
    if not os.path.exists("/run/buddyverse/app.env.json"):
        return []
    environment = read("/run/buddyverse/app.env.json")
    names = ["DATABASE_URL", "DATABASE_REPLICA_URL", "SECRET_KEY", *release["secrets"]]
    values = {environment.get(name, "") for name in names} | {read("/run/buddyverse/database.json")["password"]}
    values |= {url.split("@")[0].rpartition(":")[2] for url in (environment["DATABASE_URL"],)}
    lines = {line.strip() for value in values for line in value.splitlines()} | values
    # A text of three characters is in everything.
    return sorted((line for line in lines if len(line) > 3), key=len, reverse=True)


def run(command, secrets):
    """Runs it as the application; its exit code (None: it took too long) and what it printed."""
    said = []
    process = subprocess.Popen(
        ["/usr/local/bin/buddyverse-app", "sh", "-c", command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )
    late = threading.Event()

    def stop():
        late.set()
        os.killpg(process.pid, 9)

    timer = threading.Timer(TIMEOUT_SECONDS, stop)
    timer.start()
    os.makedirs("/var/log/buddyverse", exist_ok=True)
    with open("/var/log/buddyverse/release.log", "a") as log:
        for line in process.stdout:
            for secret in secrets:
                line = line.replace(secret, "***")
            said.append(line)
            log.write(f"{time.strftime('%FT%TZ', time.gmtime())} {line}")
            log.flush()
            print("BUDDYVERSE-RELEASE " + line, end="", flush=True)
    code = process.wait()
    timer.cancel()
    if late.is_set():
        said.append(f"It was stopped after {TIMEOUT_SECONDS} s.\n")
    return (None if late.is_set() else code), "".join(said)


def text(result):
    """As JSON that Parameter Store takes: short enough, and without the {{ of references (API reference, PutParameter)."""
    result = {**result, "output": result["output"][-OUTPUT_CHARACTERS:]}
    while True:
        found = json.dumps(result, ensure_ascii=False).replace("{{", "{\\u007b")
        if len(found.encode()) <= VALUE_BYTES:
            return found
        result["output"] = result["output"][100:]


def tell(release, result):
    """To Parameter Store; a release that cannot be told of is one nevertheless."""
    name = f"/buddyverse/{os.environ['BUDDYVERSE_STACK']}/release/report"
    instance = read("/run/buddyverse/instance.json")["id"]
    at = time.strftime("%FT%TZ", time.gmtime())
    value = text({**result, "release": release["releaseId"], "instance": instance, "at": at})
    quick = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})
    try:
        client = boto3.client("ssm", region_name=os.environ["BUDDYVERSE_REGION"], config=quick)
        client.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    except (BotoCoreError, ClientError) as error:
        print(f"BUDDYVERSE-RELEASE cannot write {name}: {error}")


def not_up(release, why):
    """Tells why this instance does not come up, with the last words of the application."""
    lines = [why]
    if os.path.exists(APP_LOG):
        with open(APP_LOG, errors="replace") as log:
            lines += [line.rstrip("\n") for line in collections.deque(log, APP_LINES)]
    output = "\n".join(lines)
    for secret in hidden(release):
        output = output.replace(secret, "***")
    tell(release, {"result": "failed", "stage": "boot", "seconds": 0, "output": output + "\n"})


def said_in(lock):
    lock.seek(0)
    return lock.read()


def main(why):
    release = read("/etc/buddyverse/release.json")
    if not release["release"]:
        return
    if why:
        not_up(release, why)
        return
    os.makedirs(RELEASES, exist_ok=True)
    marker = f"{RELEASES}/{release['releaseId']}"
    # On NFS only who may write can lock; and the lock is the file of which all see at once what another one has written.
    with open(f"{RELEASES}/lock", "a+") as lock:
        before = said_in(lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        failed = said_in(lock)
        # The release is given up then, and this instance may be ended at any moment.
        if failed != before and failed.split()[:1] == [release["releaseId"]]:
            sys.exit(f"BUDDYVERSE-RELEASE {failed} while this one waited: not tried again here")
        if os.path.exists(marker):
            print(f"BUDDYVERSE-RELEASE {release['releaseId']} was done before")
            return
        print(f"BUDDYVERSE-RELEASE {release['releaseId']}: {release['release']}", flush=True)
        began = time.monotonic()
        code, output = run(release["release"], hidden(release))
        result = {
            "result": "succeeded" if code == 0 else "failed",
            "stage": "release",
            "seconds": round(time.monotonic() - began),
            "output": output,
        }
        tell(release, result)
        if code != 0:
            lock.truncate(0)
            lock.write(f"{release['releaseId']} failed on {read('/run/buddyverse/instance.json')['id']} at {time.strftime('%FT%TZ', time.gmtime())}")
            lock.flush()
            sys.exit(f"BUDDYVERSE-RELEASE {release['releaseId']} failed: the command ended with {'no code' if code is None else code}")
        with open(marker + ".new", "w") as file:
            file.write(text(result))
        os.replace(marker + ".new", marker)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
