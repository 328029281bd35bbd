"""The built-in page: which instance answered, and whether it reaches EFS and both databases.

It reads and never takes input: no forms, sessions or queries. What it finds is kept 5 s, so that visitors cost the
databases nothing; it answers within 2 s whatever is down, as the load balancer's health check asks for it.
"""
import json
import os
import secrets
import ssl
import threading
import time
from pathlib import Path

import pymysql
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import path
from django.views.decorators.http import require_safe

HERE = Path(__file__).resolve().parent
RUN = Path(os.environ.get("BUDDYVERSE_RUN", "/run/buddyverse"))
EFS = os.environ.get("BUDDYVERSE_EFS", "/mnt/efs")
TLS = os.environ.get("BUDDYVERSE_MYSQL_CNF", "/etc/buddyverse/mysql.cnf")
KEEP, PATIENCE = 5, 2  # seconds

settings.configure(
    SECRET_KEY=secrets.token_hex(32),  # Django wants one; nothing here is signed
    ALLOWED_HOSTS=["*"],  # a health check names the instance's private address
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.staticfiles"],
    STATIC_URL="/static/",
    STATIC_ROOT=EFS + "/static",
    STATICFILES_DIRS=[HERE / "static"],
    MEDIA_URL="/media/",
    MEDIA_ROOT=EFS + "/media",
    LOGGING={"version": 1, "handlers": {"log": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["log"]}},
    SILENCED_SYSTEM_CHECKS=["security.W001", "security.W002", "security.W003"],  # see answer() for its headers; it has no forms
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE]}],
)


def read(name):
    try:
        return json.loads((RUN / name).read_text())
    except FileNotFoundError:
        return {}


def mounted():
    with open("/proc/self/mountinfo") as file:  # never hangs, as a look into a lost NFS mount would
        return any(line.split()[4] == EFS for line in file)


def look_at_files():
    if not mounted():
        return {"ok": False, "why": "not mounted"}
    disk = os.statvfs(EFS)
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    return {"ok": True, "usedBytes": used, "freeBytes": disk.f_bavail * disk.f_frsize}


def look_at_database(role):
    wanted = read("database.json")
    if not wanted.get(role):
        return {"ok": False, "why": "not set up yet"}
    try:
        database = pymysql.connect(
            **wanted[role], user=wanted["user"], password=wanted["password"], database=wanted["name"], charset="utf8mb4",
            autocommit=True, connect_timeout=PATIENCE, read_timeout=PATIENCE, write_timeout=PATIENCE,
            read_default_file=TLS,
        )
    except pymysql.Error as error:
        stranger = isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError)
        why = "its certificate is not for this name" if stranger else f"MySQL error {error.args[0]}"
        return {"ok": False, "why": f"not reachable ({why})"}
    try:
        rows = database.cursor()

        def ask(query):
            rows.execute(query)
            return rows.fetchone()

        began = time.monotonic()
        host, read_only = ask("SELECT @@hostname, @@read_only")
        found = {"ok": True, "host": host, "readOnly": bool(read_only), "ms": round((time.monotonic() - began) * 1000, 1)}
        found["tls"] = ask("SHOW STATUS LIKE 'Ssl_cipher'")[1]
        # One row, rewritten through the primary and read through the replica: proof that what is written arrives.
        there = ask("SHOW TABLES LIKE 'buddyverse_beat'")
        if role == "primary":
            if not there:
                rows.execute("CREATE TABLE IF NOT EXISTS buddyverse_beat (id INT PRIMARY KEY, writer VARCHAR(32), at DATETIME(3))")
            there = rows.execute("REPLACE INTO buddyverse_beat VALUES (1, %s, UTC_TIMESTAMP(3))", [read("instance.json").get("id", "?")])
        beat = there and ask("SELECT writer, at FROM buddyverse_beat WHERE id = 1")
        found["beat"] = {"writer": beat[0], "at": beat[1].isoformat(timespec="milliseconds") + "Z"} if beat else None
        return found
    except pymysql.Error as error:
        return {"ok": False, "why": f"MySQL error {error.args[0]}"}
    finally:
        database.close()


class Watch:
    """Looks in a thread of its own, one at a time, so that no page waits longer than PATIENCE."""

    def __init__(self, look, *arguments):
        self.look, self.arguments = look, arguments
        self.lock, self.thread, self.found, self.at = threading.Lock(), None, None, 0.0

    def run(self):
        try:
            self.found = self.look(*self.arguments)
        except Exception as error:  # a page that says what failed is worth more than none
            self.found = {"ok": False, "why": type(error).__name__}
        self.at = time.monotonic()

    def start(self):
        with self.lock:
            busy = self.thread and self.thread.is_alive()
            if not busy and (self.found is None or time.monotonic() - self.at > KEEP):
                self.thread = threading.Thread(target=self.run, daemon=True)
                self.thread.start()

    def result(self, until):
        if self.thread and self.thread.is_alive():
            self.thread.join(max(0, until - time.monotonic()))
            if self.thread.is_alive() and time.monotonic() - self.at > 6 * KEEP:
                return {"ok": False, "why": f"no answer in {PATIENCE} s"}
        return self.found or {"ok": False, "why": "no answer yet"}


WATCHES = {
    "files": Watch(look_at_files),
    "primary": Watch(look_at_database, "primary"),
    "replica": Watch(look_at_database, "replica"),
}


def findings():
    until = time.monotonic() + PATIENCE
    for watch in WATCHES.values():
        watch.start()
    image = Path("/etc/buddyverse/image")
    instance = {**read("instance.json"), "imageContent": image.read_text().strip() if image.exists() else None}
    return {"instance": instance, **{name: watch.result(until) for name, watch in WATCHES.items()}}


def answer(response, found):
    # Without its file system an instance must not serve; without a database it must go on.
    if found["instance"].get("fileSystem") and found["files"].get("why") == "not mounted":
        response.status_code = 503
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def health(request):
    found = findings()
    return answer(JsonResponse(found, json_dumps_params={"indent": 1}), found)


@require_safe
def page(request):
    found = findings()
    me, files = found["instance"], found["files"]
    cards = [("Instance", "this page comes from it", {"ok": True}, [
        ("Instance", me.get("id")), ("Zone", me.get("zone")), ("Type", me.get("type")), ("Image", me.get("image")),
        ("Image content", me.get("imageContent")), ("Template version", me.get("templateVersion")),
    ]), ("Files", "EFS, shared by all instances", files, [
        ("Mounted at", EFS if files["ok"] else None), ("File system", me.get("fileSystem")),
        ("Used", filesizeformat(files["usedBytes"]) if files["ok"] else None),
        ("Free", files["ok"] and (filesizeformat(files["freeBytes"]) if files["freeBytes"] < 2**50 else "grows as needed")),
    ])]
    for role, title, about in (("primary", "Primary", "takes the writes"), ("replica", "Replica", "answers the reads")):
        state = found[role]
        beat = state.get("beat")
        cards.append((title, about, state, [
            ("Server", state["host"]), ("Mode", "read only" if state["readOnly"] else "reads and writes"),
            ("Answers in", f"{state['ms']} ms"), ("Encryption", state["tls"] or "none"),
            ("Row written" if role == "primary" else "Row arrived", beat and beat["at"][11:23] + " UTC"),
            ("Row's writer", beat and beat["writer"]),
        ] if state["ok"] else []))
    ok = all(state["ok"] for _, _, state, _ in cards)
    return answer(render(request, "page.html", {"cards": cards, "ok": ok, "now": time.strftime("%F %T UTC", time.gmtime())}), found)


urlpatterns = [path("", page), path("health.json", health)]
application = get_wsgi_application()
