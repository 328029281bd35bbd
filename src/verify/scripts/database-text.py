"""Says in what character set and collation the site's database keeps the text of new tables."""
import json
import ssl
import sys

import pymysql

with open("/run/buddyverse/database.json") as file:
    settings = json.load(file)
try:
    database = pymysql.connect(
        **settings["primary"], user=settings["user"], password=settings["password"], database=settings["name"], charset="utf8mb4",
        connect_timeout=10, read_timeout=10, write_timeout=10, read_default_file="/etc/buddyverse/mysql.cnf",
    )
    cursor = database.cursor()
    cursor.execute("SELECT @@character_set_database, @@collation_database")
    print(json.dumps(dict(zip(("characterSet", "collation"), cursor.fetchone()))))
except pymysql.Error as error:
    if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
        sys.exit("primary: its certificate is not for this name")
    sys.exit("primary: MySQL error %s" % error.args[0])
