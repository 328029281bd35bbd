"""What stands around an instance on AWS and moto does not play: its metadata service, and a way to the package mirrors.

aws.py NAMESPACE ADDRESS METADATA PACKAGES SITES CERTIFICATE KEY AUTHORITY

Listens inside the network namespace, asks the mirrors from outside of it. METADATA has a folder for each address, which
is served to it as the metadata service (IMDSv2: nothing without a token, but for cloud-init); packages are kept in
PACKAGES, as one never changes under its name. The address SITES is checkip.amazonaws.com,
which says the caller's address, and truststore.pki.rds.amazonaws.com, which has the AUTHORITY that the databases are signed with.
"""
import ctypes
import hashlib
import os
import shutil
import ssl
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

namespace, address, metadata, packages, sites, certificate, key, authority = sys.argv[1:]
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


def enter(path):
    if ctypes.CDLL(None, use_errno=True).setns(os.open(path, os.O_RDONLY), 0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), path)


outside = f"/proc/{os.getpid()}/ns/net"
back = os.open(outside, os.O_RDONLY)
enter(namespace)
servers = [
    ThreadingHTTPServer(("169.254.169.254", 80), Metadata),
    ThreadingHTTPServer((address, 3128), Mirror),
    ThreadingHTTPServer((sites, 443), Sites),
]
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)
servers[-1].socket = tls.wrap_socket(servers[-1].socket, server_side=True)
if ctypes.CDLL(None).setns(back, 0x40000000):
    sys.exit("cannot go back to the outer network")
for server in servers:
    threading.Thread(target=server.serve_forever).start()
