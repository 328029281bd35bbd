#!/usr/bin/python3 -I
"""Fits Apache and the share to the application's own settings.

buddyverse-site serve    asks the application for its settings and writes Apache's configuration
buddyverse-site keep     keeps what collectstatic made when the image is built
buddyverse-site share    puts its static files and uploads on the share, wherever the application thinks that they lie
"""
import filecmp
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

SHARE = "/mnt/efs"
ENTRY = "/srv/buddyverse/entry.json"
# Of an application that wants them on the share, or names no place.
COLLECTED = "/srv/buddyverse/static"
FOLDER = """  <Directory {folder}/>
    Options None
    AllowOverride None
    Require all granted
    Header always set X-Content-Type-Options nosniff{more}
  </Directory>"""
# Uploaded files run no scripts in the site's name.
SANDBOX = "\n    Header always set Content-Security-Policy sandbox"


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def inspected():
    """The application's own settings. Its driver of MySQL decides on a part of its environment, so it is asked first of all."""
    asked = subprocess.run(
        ["/usr/local/bin/buddyverse-app", "python", "/srv/buddyverse/inspect-app.py"], stdout=subprocess.PIPE, text=True,
    )
    for line in reversed(asked.stdout.splitlines()):
        if line.startswith("BUDDYVERSE-INSPECTED "):
            return json.loads(line.split(" ", 1)[1])
    sys.stderr.write(asked.stdout[-3000:])
    sys.exit("buddyverse-site: the application does not start (above)")


def inside(path, folder):
    return os.path.commonpath([path, folder]) == folder


def folders(entry):
    """Each sort of files: its URL's path, where the application has it, and where it lies on the share."""
    for sort in ("static", "media"):
        path = urlsplit(entry.get(sort + "Url") or "").path
        root = entry.get(sort + "Root")
        if not root or path in ("", "/"):
            continue
        if not re.fullmatch(r"/[\w./~+-]*", path):
            sys.exit(f"buddyverse-site: {sort.upper()}_URL {path} is none that Apache can be told: letters, digits and . _ ~ + - only")
        root = os.path.realpath(os.path.join(entry["root"], root))
        if inside(entry["root"], root):
            sys.exit(f"buddyverse-site: {sort.upper()}_ROOT {root} holds the application itself; files of this sort want a folder of their own")
        yield sort, path if path.endswith("/") else path + "/", root, root if inside(root, SHARE) else f"{SHARE}/{sort}"


def local(root):
    """Where static files of this image lie: each instance serves those of its own release."""
    return COLLECTED if inside(root, SHARE) else root


def give(path):
    """To the application's user."""
    user = pwd.getpwnam("www-data")
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def make(folder):
    if not os.path.isdir(folder):
        make(os.path.dirname(folder))
        os.mkdir(folder, 0o755)
        give(folder)


def apache(entry):
    """Where which files are. A page of another release may ask for what only that one has: it is on the share."""
    yield FOLDER.format(folder=SHARE + "/media", more=SANDBOX)
    # What `buddyverse verify` puts there, whatever the application has at /media/.
    yield rf"  AliasMatch ^/media/(buddyverse-verify-\w+\.txt)$ {SHARE}/media/$1"
    for sort, url, root, shared in folders(entry):
        yield FOLDER.format(folder=shared, more=SANDBOX if sort == "media" else "")
        if sort == "media":
            yield f'  Alias "{url}" "{shared}/"'
        else:
            yield FOLDER.format(folder=local(root), more="")
            yield f'  RewriteCond "{local(root)}/$1" !-f\n  RewriteRule "^{re.escape(url)}(.+)$" "{shared}/$1" [END]'
            yield f'  Alias "{url}" "{local(root)}/"'


def serve():
    entry = {**read(ENTRY), **inspected()}
    with open(ENTRY + ".new", "w") as file:
        json.dump(entry, file, indent=1)
    os.replace(ENTRY + ".new", ENTRY)
    for _, _, root, _ in folders(entry):
        make(root)
    release = read("/etc/buddyverse/release.json")
    https = release.get("https", False)
    values = {
        "ROOT": entry["root"],
        "ALIASES": "\n".join(apache(entry)),
        "SITE": release.get("siteNames", ["localhost"])[0],
        "SCHEME": "https" if https else "http",
        "HTTPS": "on" if https else "off",
        "VPC": release.get("vpcCidr", "127.0.0.1"),
    }
    with open("/srv/buddyverse/apache.conf") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    with open("/etc/apache2/sites-available/buddyverse.conf", "w") as file:
        file.write(text)


def keep():
    for sort, _, root, _ in folders(read(ENTRY)):
        if sort == "static" and local(root) != root:
            copy(root, COLLECTED)


def same(one, other):
    # A copy has the size and the time of what it is a copy of.
    return os.path.isfile(other) and filecmp.cmp(one, other, shallow=True)


def copy(source, target, replace=True):
    """All files below a folder, each at once, so that nobody is served half of one."""
    for folder, _, names in os.walk(source):
        to = os.path.normpath(os.path.join(target, os.path.relpath(folder, source)))
        make(to)
        for name in names:
            old, new = os.path.join(to, name), os.path.join(to, f".{name}.buddyverse")
            if os.path.lexists(old) and not (replace and not same(os.path.join(folder, name), old)):
                continue
            shutil.copy2(os.path.join(folder, name), new)
            give(new)
            os.replace(new, old)


def lead(root, shared):
    """Puts a link to the share in the place of the application's folder of uploads."""
    top = read(ENTRY).get("top", "/srv/buddyverse/app")
    if os.path.isdir(root):
        try:
            shutil.rmtree(root) if inside(root, top) else os.rmdir(root)
        except OSError as error:
            sys.exit(f"buddyverse-site: uploads cannot lie in {root}, which is not the application's alone: {error.strerror}")
    make(os.path.dirname(root))
    os.symlink(shared, root)


def share():
    entry = read(ENTRY)
    with open("/etc/buddyverse/image") as file:
        image = file.read().strip()
    known = f"{SHARE}/.buddyverse/images"
    os.makedirs(known, mode=0o755, exist_ok=True)
    first = not os.path.exists(f"{known}/{image}")
    for sort, _, root, shared in folders(entry):
        make(shared)
        if sort == "static":
            # An application that reads them on the share finds those of the release that has booted last.
            if first or inside(root, SHARE):
                copy(local(root), shared)
        elif not inside(root, SHARE):
            # What the project brings is put there once; what visitors have done since stays.
            if first and os.path.isdir(root):
                copy(root, shared, replace=False)
            lead(root, shared)
    open(f"{known}/{image}", "w").close()


if __name__ == "__main__":
    {"serve": serve, "keep": keep, "share": share}[sys.argv[1]]()
