"""What can be known of the application without its database: prove.py, in the project's folder, as its user.

It is loaded as Apache loads it, its checks are run, its static files are collected, its own templates are compiled, and it is asked
for the page of the health check. An answer other than 200 fails, unless the missing database is what it comes from.
"""
import io
import json
import os
import runpy
import sys
import traceback
from urllib.parse import urlsplit

with open("/etc/buddyverse/release.json") as file:
    release = json.load(file)
with open("/srv/buddyverse/entry.json") as file:
    entry = json.load(file)
sys.path[0] = os.getcwd()
application = runpy.run_path("/srv/buddyverse/wsgi.py")["application"]
missed, raised = [], []


def watch():
    from django.core.signals import got_request_exception
    from django.db.backends.base.base import BaseDatabaseWrapper

    got_request_exception.connect(lambda **_: raised.append(sys.exc_info()[1]), weak=False)
    connect = BaseDatabaseWrapper.connect

    def watched(self):
        try:
            return connect(self)
        except Exception as error:  # the driver's own
            # Cannot connect, by a socket or by TCP (MySQL's CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR).
            if error.args[:1] in ((2002,), (2003,)):
                missed.append(error)
            raise

    BaseDatabaseWrapper.connect = watched


def check():
    from django.core.management import CommandError, call_command

    try:
        call_command("check", deploy=True)
    except CommandError as error:
        sys.exit(f"manage.py check: {error}")


def collect():
    from django.conf import settings
    from django.core.management import call_command

    if entry["collects"]:
        settings.STATIC_ROOT = entry["staticRoot"]
        call_command("collectstatic", interactive=False, verbosity=0)


def compile_templates():
    """Those of the project: what others bring may need what is not there."""
    from django.template import TemplateSyntaxError, engines

    if len(engines.all()) != 1:
        return  # which of them a template is for is not known
    engine = engines.all()[0]
    for top in engine.template_dirs:
        if not os.path.realpath(top).startswith(os.path.realpath(os.getcwd()) + os.sep):
            continue
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name != "node_modules"]
            for name in (name for name in names if name.endswith(".html")):
                relative = os.path.relpath(os.path.join(folder, name), top)
                try:
                    engine.get_template(relative)
                except (TemplateSyntaxError, UnicodeDecodeError) as error:
                    sys.exit(f"the template {relative} does not compile: {error}")


def about_database():
    """It may have one of its own on purpose, so this is said and not judged."""
    from django.db import connections

    host = connections["default"].settings_dict
    if "dummy" not in host["ENGINE"] and (host["HOST"], str(host["PORT"])) != ("127.0.0.1", "9"):
        print(f"note: DATABASES['default'] ({host['ENGINE']}) does not lead to the stack's database, which DATABASE_URL names")


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def ask(path, scheme):
    """The status and headers of the application's answer to the health check."""
    url = urlsplit(path)
    answer = {}
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": url.path, "QUERY_STRING": url.query,
        "SERVER_NAME": "localhost", "SERVER_PORT": "443" if scheme == "https" else "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": release["siteNames"][0],
        "HTTP_USER_AGENT": "ELB-HealthChecker/2.0", "HTTP_X_FORWARDED_PROTO": scheme,
        "wsgi.version": (1, 0), "wsgi.url_scheme": scheme, "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }
    if scheme == "https":
        environ["HTTPS"] = "on"
    try:
        body = application(environ, lambda status, headers, _=None: answer.update(status=status, headers=dict(headers)))
        for _ in body:
            pass
        getattr(body, "close", lambda: None)()
    except Exception as error:
        raised.append(error)
        return "500 (it raises an error)", {}
    return answer["status"], {name.lower(): value for name, value in answer["headers"].items()}


# An application without Django has nothing of all that.
if entry["django"]:
    watch()
    check()
    collect()
    compile_templates()
    about_database()
path = release["healthCheckPath"]
status, headers = ask(path, "https" if release["https"] else "http")
# An error of something else that comes after a missed connection is not the database's fault.
wants_database = missed and (not raised or any(error in missed for error in chain(raised[-1])))
if status.startswith("200"):
    print(f"{path} answers {status}")
elif wants_database:
    print(f"{path} answers {status}, as it wants its database, which is not there when an image is made: not judged")
else:
    for error in raised[-1:]:
        traceback.print_exception(type(error), error, error.__traceback__)
    to = f", to {headers['location']}," if "location" in headers else ""
    sys.exit(f"{path} answers {status}{to} and the load balancer wants 200 (app.healthCheckPath says which page it asks for)")
