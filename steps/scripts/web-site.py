#!/usr/bin/python3 -I
"""Fits Apache and the share to the application's own settings.

buddyverse-site serve    asks the application for its settings and writes Apache's configuration
buddyverse-site share    puts its static files and uploads on the share, wherever the application thinks that they lie
"""
import filecmp
import json
import os
import pwd
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

SHARE = "/mnt/efs"
ENTRY = "/srv/buddyverse/entry.json"
# What collectstatic made when the image was built.
COLLECTED = "/srv/buddyverse/static"
FOLDER = """  Alias {url} {folder}/
  <Directory {folder}/>
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


def folders(entry):
    """Each sort of files: its URL's path, where the application has it, and where it lies on the share."""
    for sort in ("static", "media"):
        path = urlsplit(entry.get(sort + "Url") or "").path
        root = entry.get(sort + "Root")
        if root and path not in ("", "/"):
            yield sort, path if path.endswith("/") else path + "/", os.path.realpath(os.path.join(entry["root"], root))


def inside(path, folder):
    return os.path.commonpath([path, folder]) == folder


def serve():
    entry = {**read(ENTRY), **inspected()}
    with open(ENTRY + ".new", "w") as file:
        json.dump(entry, file, indent=1)
    os.replace(ENTRY + ".new", ENTRY)
    aliases = [FOLDER.format(url=url, folder=folder, more=SANDBOX if sort == "media" else "") for sort, url, folder in folders(entry)]
    # What `buddyverse verify` puts there, whatever the application has at /media/.
    verify = FOLDER.replace("Alias {url} {folder}/", r"AliasMatch ^/media/(buddyverse-verify-\w+\.txt)$ {folder}/$1", 1)
    aliases.append(verify.format(folder=SHARE + "/media", more=SANDBOX))
    release = read("/etc/buddyverse/release.json")
    https = release.get("https", False)
    values = {
        "ROOT": entry["root"],
        "ALIASES": "\n".join(aliases),
        "SITE": release.get("siteNames", ["localhost"])[0],
        "SCHEME": "https" if https else "http",
        "HTTPS": "on" if https else "off",
        "PROXIES": release.get("vpcCidr", "127.0.0.1"),
    }
    with open("/srv/buddyverse/apache.conf") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    with open("/etc/apache2/sites-available/buddyverse.conf", "w") as file:
        file.write(text)


def give(path):
    """To the application's user."""
    user = pwd.getpwnam("www-data")
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def make(folder):
    if not os.path.isdir(folder):
        make(os.path.dirname(folder))
        os.mkdir(folder, 0o755)
        give(folder)


def copy(source, target, replace):
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


def same(one, other):
    # A copy has the size and the time of what it is a copy of.
    return os.path.isfile(other) and filecmp.cmp(one, other, shallow=True)


def share():
    entry = read(ENTRY)
    with open("/etc/buddyverse/image") as file:
        image = file.read().strip()
    known = f"{SHARE}/.buddyverse/images"
    os.makedirs(known, mode=0o755, exist_ok=True)
    first = not os.path.exists(f"{known}/{image}")
    for sort in ("static", "media"):
        make(f"{SHARE}/{sort}")
        give(f"{SHARE}/{sort}")
    for sort, _, root in folders(entry):
        if inside(root, SHARE):
            make(root)
            give(root)
        elif inside(entry["root"], root):
            print(f"BUDDYVERSE-BOOT {sort} files stay on this instance: {root} holds the application itself")
            continue
        else:
            # What the project brings is put there once; what visitors have done since stays.
            if first and os.path.isdir(root) and sort == "media":
                copy(root, f"{SHARE}/{sort}", replace=False)
            if os.path.isdir(root):
                shutil.rmtree(root)
            make(os.path.dirname(root))
            os.symlink(f"{SHARE}/{sort}", root)
            root = f"{SHARE}/{sort}"
        # An earlier or later release may have left other files under the same names.
        if sort == "static" and os.path.isdir(COLLECTED):
            copy(COLLECTED, root, replace=True)
    open(f"{known}/{image}", "w").close()


if __name__ == "__main__":
    {"serve": serve, "share": share}[sys.argv[1]]()
