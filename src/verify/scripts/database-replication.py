"""Says whether the primary and the replica answer, how far the replica has followed, and whether it takes writes."""
import json
import ssl
import sys

import pymysql
import pymysql.cursors

with open("/run/buddyverse/database.json") as file:
    settings = json.load(file)


def connect(role):
    return pymysql.connect(
        **settings[role], user=settings["user"], password=settings["password"], database=settings["name"], charset="utf8mb4",
        connect_timeout=5, read_timeout=10, write_timeout=10, read_default_file="/etc/buddyverse/mysql.cnf",
        cursorclass=pymysql.cursors.DictCursor,
    )


def row(database, query):
    cursor = database.cursor()
    cursor.execute(query)
    return cursor.fetchone()


def primary():
    row(connect("primary"), "SELECT 1")
    return {}


def replica():
    database = connect("replica")
    status = row(database, "SHOW REPLICA STATUS")
    told = {"readOnly": bool(row(database, "SELECT @@read_only AS ro")["ro"])}
    if status:
        behind = status["Seconds_Behind_Source"]
        told["follows"] = status["Replica_IO_Running"] == "Yes" and status["Replica_SQL_Running"] == "Yes"
        told["behindSeconds"] = None if behind is None else int(behind)
        # All that it was sent is done.
        told["caughtUp"] = told["follows"] and told["behindSeconds"] == 0 and (
            (status["Source_Log_File"], status["Read_Source_Log_Pos"])
            == (status["Relay_Source_Log_File"], status["Exec_Source_Log_Pos"])
        )
        told["position"] = "%s:%s" % (status["Relay_Source_Log_File"], status["Exec_Source_Log_Pos"])
    return told


def answer(ask):
    try:
        return ask()
    except pymysql.Error as error:
        if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
            sys.exit("its certificate is not for this name")
        return {"error": error.args[0]}


known = settings.get("replica")
print(json.dumps({
    "primary": answer(primary),
    "replica": answer(replica) if known else None,
    # As of the settings that were fetched last.
    "endpoint": "%s:%s" % (known["host"], known["port"]) if known else None,
}))
