"""What the application's own settings say of its files, and the driver with which it reaches MySQL. Run by web-site.py."""
import json
import os
import runpy
import sys

CNF = "read_default_file=/etc/buddyverse/mysql.cnf"

sys.path[0] = os.getcwd()
runpy.run_path("/srv/buddyverse/wsgi.py")
found = {"settings": None, "databaseOptions": CNF, "django": False}
try:
    from django.conf import settings

    if settings.configured:
        found.update(django=True, settings=os.environ.get("DJANGO_SETTINGS_MODULE"))
        for key, name in (("staticUrl", "STATIC_URL"), ("staticRoot", "STATIC_ROOT"), ("mediaUrl", "MEDIA_URL"), ("mediaRoot", "MEDIA_ROOT")):
            found[key] = str(getattr(settings, name) or "") or None
        found["collects"] = "django.contrib.staticfiles" in settings.INSTALLED_APPS and bool(found["staticUrl"])
        if found["collects"] and not found["staticRoot"]:
            found["staticRoot"] = "/srv/buddyverse/static"
except ImportError:
    pass  # an application without Django
try:
    import MySQLdb

    # PyMySQL in its place checks names with the file alone, as MariaDB's library does; MySQL's library wants to be told
    # (web-mysql.conf), which mysqlclient can from 2.1 on.
    if MySQLdb.__name__ == "MySQLdb" and MySQLdb.version_info >= (2, 1):
        found["databaseOptions"] = CNF + "&ssl_mode=VERIFY_IDENTITY"
except ImportError:
    pass
print("\nBUDDYVERSE-INSPECTED " + json.dumps(found))
