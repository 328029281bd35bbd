"""Counts the rows of the site's database, and of the one at another address that the site's user and password open too."""
import json
import ssl
import sys
import time

import pymysql

HOST = "@HOST@"
TABLES = 200  # more of them are only counted: the answer has an end
ROWS = 10  # seconds: a table that takes longer is estimated by MySQL
ALL = 50  # seconds of each database: after that all others are
with open("/run/buddyverse/database.json") as file:
    settings = json.load(file)


def rows(database, table):
    """Exactly; or None, where that takes too long."""
    cursor = database.cursor()
    try:
        cursor.execute("SELECT /*+ MAX_EXECUTION_TIME(%d) */ COUNT(*) FROM `%s`" % (ROWS * 1000, table.replace("`", "``")))
        return cursor.fetchone()[0]
    except pymysql.OperationalError as error:
        if error.args[0] != 3024:  # query execution was interrupted, maximum statement execution time exceeded
            raise
        return None


def contents(host):
    try:
        database = pymysql.connect(
            **dict(settings["primary"], host=host), user=settings["user"], password=settings["password"],
            database=settings["name"], charset="utf8mb4", connect_timeout=10, read_timeout=30, write_timeout=10,
            read_default_file="/etc/buddyverse/mysql.cnf",
        )
        cursor = database.cursor()
        cursor.execute("SELECT VERSION()")
        version = cursor.fetchone()[0]
        cursor.execute(
            "SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = DATABASE()"
            " AND table_type = 'BASE TABLE' ORDER BY table_rows DESC, table_name",
        )
        tables = cursor.fetchall()
        found, began = [], time.monotonic()
        for name, estimate in tables[:TABLES]:
            exact = rows(database, name) if time.monotonic() - began < ALL else None
            found.append([name, estimate or 0, False] if exact is None else [name, exact, True])
        return {"version": version, "tables": len(tables), "rows": found}
    except pymysql.Error as error:
        if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
            sys.exit("the certificate of %s is not for this name" % host)
        return {"error": error.args[0]}


print(json.dumps({"running": contents(settings["primary"]["host"]), "restored": contents(HOST)}))
