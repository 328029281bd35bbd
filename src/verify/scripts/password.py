"""The password of the database: set the new one beside the current one, fetch it, check it, or discard the old one.

No password is in this text, in an argument or in what it prints: it reads them itself, with the instance's role, and prints
what came out as JSON. MySQL keeps two passwords of a user (8.0.14 and later): both log in until the second is discarded.
"""
import json
import ssl
import subprocess
import sys
import time

import boto3
import pymysql
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PATIENCE = 60  # seconds
QUICK = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})
NO_PRIVILEGE = (1044, 1142, 1227)
SETTINGS = "/run/buddyverse/database.json"
with open("/etc/buddyverse.env") as file:
    env = dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)


def said(outcome, **more):
    print(json.dumps({"outcome": outcome, **more}))
    sys.exit()


def fetched():
    with open(SETTINGS) as file:
        return json.load(file)


def stored():
    """What Parameter Store has: password, password-next, primary and replica, as far as they are there."""
    path = env["BUDDYVERSE_PARAMETER_PATH"]
    names = [path + name for name in ("password", "password-next", "primary", "replica")]
    client = boto3.client("ssm", region_name=env["BUDDYVERSE_REGION"], config=QUICK)
    answer = client.get_parameters(Names=names, WithDecryption=True)
    return {each["Name"][len(path):]: each["Value"] for each in answer["Parameters"]}


def login(role, password):
    """A connection to the database of that role; None: it does not take the password."""
    global reaching
    reaching = role
    host, _, port = found[role].rpartition(":")
    try:
        return pymysql.connect(
            host=host, port=int(port), user=env["BUDDYVERSE_USER"], password=password, database=env["BUDDYVERSE_DATABASE"],
            charset="utf8mb4", autocommit=True, connect_timeout=10, read_timeout=10, write_timeout=10,
            read_default_file="/etc/buddyverse/mysql.cnf",
        )
    except pymysql.Error as error:
        if error.args[0] == 1045:  # access denied
            return None
        raise


def roles():
    return [role for role in ("primary", "replica") if role in found]


def alter(database, clause, *values):
    database.cursor().execute("ALTER USER USER() " + clause, values)


def set_new():
    new = found.get("password-next")
    if new is None:
        said("unseen")
    if not login("primary", new):
        try:
            had = fetched().get("password")
        except FileNotFoundError:
            had = None
        # The parameter may be lost, or be another's: then the password that the site works with is the one fetched before.
        for current in dict.fromkeys(each for each in (found.get("password"), had) if each):
            database = login("primary", current)
            if database:
                break
        else:
            said("denied")
        try:
            database.cursor().execute("SET ROLE ALL")
            # The first of the two, so that it is the one retained: what stands there may be of a rotation that nobody ended.
            alter(database, "IDENTIFIED BY %s", current)
            alter(database, "IDENTIFIED BY %s RETAIN CURRENT PASSWORD", new)
        except pymysql.Error as error:
            if error.args[0] in NO_PRIVILEGE:
                said("forbidden", error=error.args[0])
            raise
    began = time.monotonic()
    while "replica" in found and not login("replica", new):
        if time.monotonic() - began > PATIENCE:
            said("behind")
        time.sleep(1)
    said("set")


def fetch():
    if subprocess.run(["systemctl", "start", "buddyverse-database.service"]).returncode:
        said("unfetched")
    password = fetched()["password"]
    if password != found.get("password-next"):
        said("stale")
    for role in roles():
        if not login(role, password):
            said("denied", role=role)
    said("in-use")


def check():
    password = found.get("password")
    if password is None:
        said("gone")
    for role in roles():
        if not login(role, password):
            said("denied", role=role)
    said("in-use" if fetched()["password"] == password else "stale")


def discard():
    password = found.get("password")
    if password is None or password != found.get("password-next"):
        said("stale")
    database = login("primary", password)
    if not database:
        said("denied", role="primary")
    database.cursor().execute("SET ROLE ALL")
    # The first of the two, so that it is the one kept.
    alter(database, "IDENTIFIED BY %s", password)
    alter(database, "DISCARD OLD PASSWORD")
    said("discarded")


reaching = "primary"
try:
    found = stored()
    if "primary" not in found:
        sys.exit("the primary's address is not in Parameter Store")
    {"set": set_new, "fetch": fetch, "check": check, "discard": discard}["@TOKEN@"]()
except (BotoCoreError, ClientError) as error:
    sys.exit("Parameter Store: %s" % type(error).__name__)
except pymysql.Error as error:
    # Its number only: MySQL may quote the statement, with the password.
    if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
        sys.exit("%s: its certificate is not for this name" % reaching)
    sys.exit("%s: MySQL error %s" % (reaching, error.args[0]))
