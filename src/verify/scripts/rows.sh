# Writes a numbered row each second, where the settings say then, and keeps which of them the database has acknowledged. Ends by
# itself after an hour and a half, whatever becomes of the caller. Run Command waits for what holds on to its output.
set -eu
cat >/run/buddyverse-rows.py <<'END_OF_PYTHON'
import json
import time

import pymysql

until = time.time() + 5400
row = 0
with open("/run/buddyverse-rows.@TOKEN@", "a") as kept:
    while time.time() < until:
        row += 1
        began = time.time()
        try:
            with open("/run/buddyverse/database.json") as file:
                settings = json.load(file)
            database = pymysql.connect(
                **settings["primary"], user=settings["user"], password=settings["password"], database=settings["name"],
                charset="utf8mb4", autocommit=True, connect_timeout=3, read_timeout=5, write_timeout=5,
                read_default_file="/etc/buddyverse/mysql.cnf",
            )
            try:
                cursor = database.cursor()
                cursor.execute("CREATE TABLE IF NOT EXISTS buddyverse_rows_@TOKEN@ (id INT PRIMARY KEY)")
                cursor.execute("INSERT INTO buddyverse_rows_@TOKEN@ VALUES (%s)", (row,))
            finally:
                database.close()
            kept.write("%d %.3f\n" % (row, time.time()))
            kept.flush()
        except (OSError, ValueError, pymysql.Error):
            pass
        time.sleep(max(0, 1 - (time.time() - began)))
END_OF_PYTHON
nohup /usr/bin/python3 /run/buddyverse-rows.py >/dev/null 2>&1 &
