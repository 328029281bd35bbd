"""Where the application starts: resolve.py FOLDER writes /srv/buddyverse/entry.json, and for web-setup.sh what is to be installed:
/run/buddyverse-setup/requirements.txt for pip, /run/buddyverse-setup/packages for apt; none, no such file.

/etc/buddyverse/app.json says it, or leaves it to be found here.
"""
import json
import os
import sys

SETUP = os.environ.get("BUDDYVERSE_SETUP", "/run/buddyverse-setup")
ENTRY = os.environ.get("BUDDYVERSE_ENTRY_FILE", "/srv/buddyverse/entry.json")
SKIPPED = {"tests", "site-packages", "node_modules", "venv", "env"}
top = sys.argv[1]
with open(os.environ.get("BUDDYVERSE_APP_FILE", "/etc/buddyverse/app.json")) as file:
    said = json.load(file)


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


def start():
    """The folder that Python starts in, and the WSGI entry as module:name."""
    wsgi, directory = said["wsgi"], said["directory"]
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
    return root, f"{module}:{name or 'application'}"


def required(root):
    """The file of what pip is to install, or None."""
    if said["requirements"] is not None:
        path = os.path.join(top, said["requirements"])
        if not os.path.isfile(path):
            sys.exit(f"there is no {path} (app.requirements in the config)")
        return path
    candidates = [os.path.join(folder, name) for name in ("requirements.txt", "pyproject.toml") for folder in (root, top)]
    # A pyproject.toml may have nothing but the settings of tools.
    return next((path for path in candidates if os.path.isfile(path) and (path.endswith(".txt") or dependencies(path))), None)


def dependencies(path):
    """Those of a pyproject.toml; None: it names none as Python's own tools read them."""
    try:
        import tomllib
    except ImportError:  # before Python 3.11
        from pip._vendor import tomli as tomllib
    with open(path, "rb") as file:
        project = tomllib.load(file).get("project", {})
    return None if "dependencies" in project.get("dynamic", []) else project.get("dependencies")


def write(name, lines):
    with open(os.path.join(SETUP, name), "w") as file:
        file.write("".join(line + "\n" for line in lines))


running = "{}.{}".format(*sys.version_info)
if said["python"] not in (None, running):
    sys.exit(f"the project wants Python {said['python']}, and this base has {running} (image.base in the config)")
root, wsgi = start()
requirements = required(root)
with open(ENTRY, "w") as file:
    json.dump({"top": top, "root": root, "wsgi": wsgi, "settings": said["settings"]}, file)
if said["packages"]:
    write("packages", said["packages"])
if requirements is not None:
    wanted = ["-r " + requirements]
    if requirements.endswith(".toml"):
        wanted = dependencies(requirements)
        if wanted is None:
            sys.exit(f"{requirements} has no [project] dependencies: name a requirements.txt (app.requirements in the config)")
    # Without one of its own it would have none, as its virtual environment has its packages only.
    write("requirements.txt", [*wanted, *(["mysqlclient"] if said["addsDriver"] else [])])
