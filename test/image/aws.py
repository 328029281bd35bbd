"""What stands around an instance on AWS and moto does not play: its metadata service, and a way to the package mirrors.

aws.py NAMESPACE ADDRESS MOTO METADATA PACKAGES SITES CERTIFICATE KEY AUTHORITY

Listens inside the network namespace, asks the mirrors from outside of it. METADATA has a folder for each address, which
is served to it as the metadata service (IMDSv2: nothing without a token, but for cloud-init); packages are kept in
PACKAGES, as one never changes under its name. HTTPS of ADDRESS is passed on to moto, at port MOTO of the namespace's
loopback. The address SITES is checkip.amazonaws.com,
which says the caller's address, and truststore.pki.rds.amazonaws.com, which has the AUTHORITY that the databases are signed with.
"""
import ctypes
import hashlib
import html
import http.client
import os
import re
import shutil
import ssl
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

namespace, address, moto, metadata, packages, sites, certificate, key, authority = sys.argv[1:]
TOKEN = "AQAEAtest"


class Metadata(BaseHTTPRequestHandler):
    def reply(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        asked = self.path == "/latest/api/token" and "X-aws-ec2-metadata-token-ttl-seconds" in self.headers
        self.reply(200, TOKEN.encode()) if asked else self.reply(400)

    def do_GET(self):
        # cloud-init does not take a container for EC2 and so asks the old way (IMDSv1).
        # Debian's older one does not always give its name.
        cloud_init = self.headers.get("User-Agent", "").startswith(("Cloud-Init/", "python-requests/"))
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN and not cloud_init:
            return self.reply(401)
        # /VERSION/what: all versions are the same here.
        path = os.path.join(metadata, self.client_address[0], *self.path.split("/")[2:])
        if os.path.isdir(path):
            names = sorted(name + "/" * os.path.isdir(os.path.join(path, name)) for name in os.listdir(path))
            return self.reply(200, "\n".join(names).encode())
        if not os.path.exists(path):
            return self.reply(404)
        with open(path, "rb") as file:
            self.reply(200, file.read())

    def log_message(self, *_):
        pass


class Mirror(BaseHTTPRequestHandler):
    def do_GET(self):
        kept = os.path.join(packages, hashlib.sha256(self.path.encode()).hexdigest())
        if not self.path.endswith(".deb"):
            kept = f"{kept}.{threading.get_ident()}"
        modified = None
        try:
            if not os.path.exists(kept):
                headers = {key: self.headers[key] for key in ("Accept", "Cache-Control", "If-Modified-Since") if key in self.headers}
                with urllib.request.urlopen(urllib.request.Request(self.path, headers=headers), timeout=60) as answer:
                    modified = answer.headers["Last-Modified"]
                    new = f"{kept}.{threading.get_ident()}.new"
                    with open(new, "wb") as file:
                        shutil.copyfileobj(answer, file)
                    os.replace(new, kept)
            self.send_response(200)
            self.send_header("Content-Length", str(os.path.getsize(kept)))
            if modified:
                self.send_header("Last-Modified", modified)
            self.end_headers()
            with open(kept, "rb") as file:
                shutil.copyfileobj(file, self.wfile)
        except urllib.error.HTTPError as error:
            if error.code == 304:  # what the machine has is what there is
                self.send_response(304)
                self.end_headers()
            else:
                self.send_error(error.code)
        except OSError as error:
            self.send_error(502, str(error))
        finally:
            if not self.path.endswith(".deb") and os.path.exists(kept):
                os.remove(kept)

    def log_message(self, *_):
        pass


class Index(BaseHTTPRequestHandler):
    """The index of Python packages: pages of /simple/ from PyPI, with their links led through here, and the packages, kept."""

    def do_GET(self):
        try:
            if self.path.startswith("/simple/"):
                url = "https://pypi.org" + self.path
                with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/html"}), timeout=60) as answer:
                    page, base = answer.read().decode(), answer.url
                
                def led(link):
                    url = urllib.parse.urljoin(base, html.unescape(link[1]))
                    # Its name last, as pip reads the version from it; the rest in digits, which nobody quotes.
                    return f'href="/file/{url.split("#")[0].encode().hex()}/{url.rsplit("/", 1)[-1]}"'

                body, kind = re.sub(r'href="([^"]+)"', led, page).encode(), "text/html"
            else:
                url = bytes.fromhex(self.path.split("/")[2]).decode()
                kept = os.path.join(packages, hashlib.sha256(url.encode()).hexdigest())
                if not os.path.exists(kept):
                    with urllib.request.urlopen(url, timeout=60) as answer, open(f"{kept}.{threading.get_ident()}", "wb") as file:
                        shutil.copyfileobj(answer, file)
                    os.replace(f"{kept}.{threading.get_ident()}", kept)
                body, kind = open(kept, "rb").read(), "application/octet-stream"
        except urllib.error.HTTPError as error:
            return self.send_error(error.code)
        except OSError as error:
            return self.send_error(502, str(error))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Sites(BaseHTTPRequestHandler):
    def do_GET(self):
        bundle = self.path == "/global/global-bundle.pem"
        agent = os.path.join(os.path.dirname(authority), "agent", os.path.basename(self.path))
        if bundle or os.path.isfile(agent):
            body = open(authority if bundle else agent, "rb").read()
        else:
            body = self.client_address[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Tls(ThreadingHTTPServer):
    """Each client has its handshake in its own thread: from a machine that is powered off in the middle of one nothing more
    is ever heard, and moto's own HTTPS would wait for that before it took the next client."""

    def finish_request(self, request, client_address):
        request.settimeout(60)
        with tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)


class Moto(BaseHTTPRequestHandler):
    """Passes each request on to moto."""

    def forward(self):
        enter(namespace)  # this thread alone
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        inner = http.client.HTTPConnection("127.0.0.1", int(moto), timeout=60)
        inner.request(self.command, self.path, body, dict(self.headers))
        with inner.getresponse() as answer:
            reply = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply)
        inner.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = forward

    def log_message(self, *_):
        pass


def enter(path):
    if ctypes.CDLL(None, use_errno=True).setns(os.open(path, os.O_RDONLY), 0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), path)


outside = f"/proc/{os.getpid()}/ns/net"
back = os.open(outside, os.O_RDONLY)
enter(namespace)
servers = [
    ThreadingHTTPServer(("169.254.169.254", 80), Metadata),
    ThreadingHTTPServer((address, 3128), Mirror),
    ThreadingHTTPServer((address, 3141), Index),
    Tls((address, 443), Moto),
    Tls((sites, 443), Sites),
]
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)
if ctypes.CDLL(None).setns(back, 0x40000000):
    sys.exit("cannot go back to the outer network")
for server in servers:
    threading.Thread(target=server.serve_forever).start()
