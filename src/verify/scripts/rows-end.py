"""Ends the writer of rows, says which rows were acknowledged and are not there, and removes the table."""
import json
import os
import subprocess
import sys

import pymysql

subprocess.run(["pkill", "-f", "/run/buddyverse-rows[.]py"], check=False)
kept = "/run/buddyverse-rows.@TOKEN@"
acknowledged = {}
if os.path.exists(kept):
    with open(kept) as file:
        for line in file:
            row, at = line.split()
            acknowledged[int(row)] = float(at)
with open("/run/buddyverse/database.json") as file:
    settings = json.load(file)
try:
    database = pymysql.connect(
        **settings["primary"], user=settings["user"], password=settings["password"], database=settings["name"], charset="utf8mb4",
        autocommit=True, connect_timeout=10, read_timeout=30, write_timeout=30, read_default_file="/etc/buddyverse/mysql.cnf",
    )
    cursor = database.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS buddyverse_rows_@TOKEN@ (id INT PRIMARY KEY)")
    cursor.execute("SELECT id FROM buddyverse_rows_@TOKEN@")
    there = {row for (row,) in cursor.fetchall()}
    cursor.execute("DROP TABLE buddyverse_rows_@TOKEN@")
except pymysql.Error as error:
    sys.exit("primary: MySQL error %s" % error.args[0])
for path in (kept, "/run/buddyverse-rows.py"):
    if os.path.exists(path):
        os.remove(path)
rows = sorted(acknowledged)
# Where nothing was acknowledged for longest: the last row before, the first one after.
before, after = max(zip(rows, rows[1:]), key=lambda pair: acknowledged[pair[1]] - acknowledged[pair[0]], default=(0, 0))
print(json.dumps({
    "acknowledged": len(rows),
    "lost": [row for row in rows if row not in there][:100],
    "awaySeconds": round(acknowledged[after] - acknowledged[before], 1) if rows[1:] else None,
    "lastBefore": before,
    "firstAfter": after,
}))
