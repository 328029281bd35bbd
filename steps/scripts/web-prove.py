"""What can be known of the application without its database: prove.py, in the project's folder, as its user.

It is loaded as Apache loads it, its own templates are compiled, and it is asked for the page of the health check. An answer other
than 200 fails, except where a try to reach the missing database is what it comes from.
"""
import io
import json
import os
import runpy
import sys
import traceback
from urllib.parse import urlsplit

try:
    with open("/etc/buddyverse/release.json") as file:
        release = json.load(file)
except FileNotFoundError:
    release = {}
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
        except Exception as error:
            missed.append(error)
            raise

    BaseDatabaseWrapper.connect = watched


def compile_templates():
    """Those of the project: what others bring may need what is not there."""
    from django.template import engines, TemplateSyntaxError

    for engine in engines.all():
        for folder in getattr(engine, "template_dirs", ()):
            if not os.path.realpath(folder).startswith(os.getcwd() + os.sep):
                continue
            for path, _, names in os.walk(folder):
                for name in names:
                    if name.endswith(".html"):
                        relative = os.path.relpath(os.path.join(path, name), folder)
                        try:
                            engine.get_template(relative)
                        except TemplateSyntaxError as error:
                            if len(engines.all()) == 1:
                                sys.exit(f"the template {relative} does not compile: {error}")


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


try:
    from django.conf import settings

    if settings.configured:
        watch()
        compile_templates()
except ImportError:
    pass

url = urlsplit(release.get("healthCheckPath", "/"))
scheme = "https" if release.get("https") else "http"
answer = {}
environ = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": url.path, "QUERY_STRING": url.query,
    "SERVER_NAME": "localhost", "SERVER_PORT": "443" if scheme == "https" else "80", "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": release.get("siteNames", ["localhost"])[0],
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
    answer["status"] = "500 (it raises an error)"
status = answer["status"]
shown = f"{release.get('healthCheckPath', '/')} answers {status}"
if status.startswith("200"):
    print(shown)
    sys.exit()
# An error of something else that comes after a missed connection is not the database's fault.
if missed and (not raised or any(error in missed for error in chain(raised[-1]))):
    print(f"{shown}, as it wants its database, which is not there when an image is made: not judged")
    sys.exit()
for error in raised[-1:]:
    traceback.print_exception(type(error), error, error.__traceback__)
# Without a release's settings it is not known by which name and path it will be asked.
if not release and status[0] in "234":
    print(shown)
    sys.exit()
to = {key.lower(): value for key, value in answer.get("headers", {}).items()}.get("location")
sys.exit(f"{shown}{f', to {to},' if to else ''} and the load balancer wants 200 (app.healthCheckPath says which page it asks for)")
