"""Where the application starts: resolve.py FOLDER writes /srv/buddyverse/entry.json and prints what pip is to install.

/etc/buddyverse/app.json says it, or leaves it to be found here.
"""
import json
import os
import sys

SKIPPED = {"tests", "site-packages", "node_modules", "venv", "env"}
top = sys.argv[1]
try:
    with open("/etc/buddyverse/app.json") as file:
        said = json.load(file)
except FileNotFoundError:
    said = {}


def entries():
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        if "wsgi.py" in names:
            yield folder


def is_module(root, module):
    path = os.path.join(root, *module.split("."))
    return os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py"))


def first_above(folder, name):
    """The nearest folder from there up that holds a file of this name."""
    while not os.path.isfile(os.path.join(folder, name)):
        if folder == top:
            return None
        folder = os.path.dirname(folder)
    return folder


wsgi, directory = said.get("wsgi"), said.get("directory")
root = None if directory is None else os.path.normpath(os.path.join(top, directory))
if wsgi is None:
    found = list(entries())
    if len(found) != 1:
        sys.exit(f"one wsgi.py is wanted (name it: app.wsgi in the config), found: {', '.join(found) or 'none'}")
    package = found[0]
    root = root or first_above(package, "manage.py") or (package if package == top else os.path.dirname(package))
    wsgi = ".".join([*(part for part in os.path.relpath(package, root).split(os.sep) if part != "."), "wsgi"])
module, _, name = wsgi.partition(":")
if root is None:
    # The folder from which Python finds it.
    root = next((folder for folder in [top, *(os.path.dirname(each) for each in entries())] if is_module(folder, module)), top)
if not is_module(root, module):
    sys.exit(f"there is no module {module} in {root} (app.wsgi and app.directory in the config say where it is)")
requirements = said.get("requirements")
if requirements is not None:
    requirements = os.path.join(top, requirements)
    if not os.path.isfile(requirements):
        sys.exit(f"there is no {requirements} (app.requirements in the config)")
else:
    candidates = [os.path.join(folder, "requirements.txt") for folder in (root, top)]
    requirements = next((path for path in candidates if os.path.isfile(path)), "")
with open("/srv/buddyverse/entry.json", "w") as file:
    json.dump({"root": root, "wsgi": f"{module}:{name or 'application'}", "settings": said.get("settings")}, file)
print(requirements)
