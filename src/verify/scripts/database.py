"""Writes a row on the primary, in a table of its own, and waits for it on the replica; the table goes again in any case."""
import json
import ssl
import sys
import time

import pymysql

PATIENCE = 60  # seconds
TABLE = "buddyverse_verify_@TOKEN@"
with open("/run/buddyverse/database.json") as file:
    settings = json.load(file)


def connect(role):
    return pymysql.connect(
        **settings[role], user=settings["user"], password=settings["password"], database=settings["name"], charset="utf8mb4",
        autocommit=True, connect_timeout=10, read_timeout=10, write_timeout=10, read_default_file="/etc/buddyverse/mysql.cnf",
    )


def ask(database, query, *values):
    cursor = database.cursor()
    cursor.execute(query, values)
    return cursor.fetchall()


def arrives(replica):
    """Seconds until the row is on the replica; None: not within PATIENCE."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        try:
            if ask(replica, "SELECT token FROM " + TABLE + " WHERE token = %s", "@TOKEN@"):
                return time.monotonic() - began
        except pymysql.ProgrammingError as error:
            if error.args[0] != 1146:  # no such table: not there yet
                raise
        time.sleep(0.02)
    return None


def leftovers(primary):
    """Tables of runs that were cut off, an hour ago or more."""
    return [name for (name,) in ask(
        primary,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
        " AND table_name LIKE 'buddyverse\\_verify\\_%%' AND create_time < NOW() - INTERVAL 1 HOUR",
    )]


role = "primary"
try:
    primary = connect("primary")
    try:
        for name in leftovers(primary):
            ask(primary, "DROP TABLE IF EXISTS `" + name + "`")
        ask(primary, "CREATE TABLE " + TABLE + " (token VARCHAR(64) PRIMARY KEY)")
        ask(primary, "INSERT INTO " + TABLE + " VALUES (%s)", "@TOKEN@")
        lag = None
        if settings.get("replica"):
            role = "replica"
            replica = connect("replica")
            lag = arrives(replica)
            if lag is None:
                sys.exit("the row was not on the replica within %d s" % PATIENCE)
            if ask(primary, "SELECT @@server_id") == ask(replica, "SELECT @@server_id"):
                sys.exit("the replica's address leads to the primary")
        print(json.dumps({"lagMs": None if lag is None else round(lag * 1000)}))
    finally:
        try:
            ask(primary, "DROP TABLE IF EXISTS " + TABLE)
        except pymysql.Error as error:
            sys.exit("the table %s stays: MySQL error %s" % (TABLE, error.args[0]))
except pymysql.Error as error:
    if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
        sys.exit("%s: its certificate is not for this name" % role)
    sys.exit("%s: MySQL error %s" % (role, error.args[0]))
