"""Whether the application has its secrets as they are in Parameter Store. Prints their names, and no value."""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})
with open("/etc/buddyverse.env") as file:
    env = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)
with open("/etc/buddyverse/release.json") as file:
    names = json.load(file)["secrets"]
with open("/run/buddyverse/app.env.json") as file:
    had = json.load(file)

path = "/buddyverse/%s/app/" % env["BUDDYVERSE_STACK"]
client = boto3.client("ssm", region_name=env["BUDDYVERSE_REGION"], config=QUICK)
stored = {}
try:
    # Ten names at most (API reference, GetParameters).
    for first in range(0, len(names), 10):
        part = [path + name for name in names[first:first + 10]]
        for each in client.get_parameters(Names=part, WithDecryption=True)["Parameters"]:
            stored[each["Name"][len(path):]] = each["Value"]
except (BotoCoreError, ClientError) as error:
    sys.exit("Parameter Store: %s" % type(error).__name__)
print(json.dumps({
    "current": [name for name in names if name in stored and stored[name] == had.get(name)],
    "stale": [name for name in names if name in stored and stored[name] != had.get(name)],
    "missing": [name for name in names if name not in stored],
}))
