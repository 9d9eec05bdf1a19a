"""nginx in front of two nodes of the shop, on this machine, with the files of `deploy/nginx`."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import string
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from runtime.run.tests.conftest import free_port, patience, until
from tests.deploy.programs import needed
from tests.drills.running_shop import CHECKOUT, SECRET_KEY

TEMPLATE = CHECKOUT / "deploy" / "nginx" / "mami.conf.template"
AROUND = """
${user}
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log warn;
worker_processes 2;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
    types { text/css css; text/html html; application/json json; application/javascript js; }
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/f;
    uwsgi_temp_path ${folder}/u;
    scgi_temp_path ${folder}/s;
    include ${folder}/mami.conf;
}
"""


class WebNode:
    """`bin/serve web` on a port of its own, from this checkout or another."""

    def __init__(self, var: Path, *, checkout: Path = CHECKOUT, **variables: str) -> None:
        self.port, self.var, self.checkout = free_port(), var, checkout
        self.variables = variables
        self.certificate = variables.get("TLS_CERTIFICATE", "")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.log = self.var / f"web-{self.port}.log"
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.checkout / "bin" / "serve", "web"],
                env={
                    "PATH": os.environ["PATH"],
                    "MAMI_VAR": str(self.var),
                    "PORT": str(self.port),
                    "MAMI_REHEARSAL": "1",
                    "ALLOWED_HOSTS": "127.0.0.1,localhost,shop.mami.test",
                    "TRUSTED_PROXIES": "127.0.0.1",
                    "STAFF_SECOND_FACTOR": "optional",
                    "SECRET_KEY": SECRET_KEY,
                    "WEB_DRAIN_SECONDS": "2",
                    "WEB_WORKERS": "1",
                    **self.variables,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def until_ready(self) -> None:
        until(lambda: self.asks("/health/ready") == 200, seconds=60 * patience())

    def asks(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        if self.certificate:
            context = ssl.create_default_context(cafile=self.certificate)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=5, context=context
            )
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def restart(self) -> int:
        """Stop as an operator does, and start anew; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60 * patience())
        self.process = self._start()
        self.until_ready()
        return code

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Nginx:
    """The shipped configuration, with ports and folders put in."""

    def __init__(
        self,
        folder: Path,
        var: Path,
        ports: list[int],
        changes: Mapping[str, str] | None = None,
        *,
        port: int = 0,
        nodes_ca: Path | None = None,
    ) -> None:
        """Nodes whose certificates are of `nodes_ca` are spoken to over TLS."""
        self.port, self.folder = port or free_port(), folder
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            [needed("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=shop.mami.test", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        values = {
            "MAMI_LISTEN": f"127.0.0.1:{self.port}",
            "MAMI_NAMES": "shop.mami.test 127.0.0.1",
            "MAMI_CERTIFICATE": str(certificate),
            "MAMI_KEY": str(key),
            "MAMI_SERVERS": "\n".join(
                f"server 127.0.0.1:{port} {way};"
                for way in ("max_fails=1 fail_timeout=1s", "backup max_fails=0")
                for port in ports
            ),
            "MAMI_SCHEME": "https" if nodes_ca else "http",
            "MAMI_CA": str(nodes_ca or "none"),
            "MAMI_STATIC": str(var / "static"),
            "MAMI_MEDIA": str(var / "media"),
            "MAMI_ERRORS": str(CHECKOUT / "deploy" / "nginx" / "errors"),
        }
        # As envsubst does it with these names, leaving nginx's own variables alone.
        text = TEMPLATE.read_text()
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        for part, other in (changes or {}).items():
            assert part in text
            text = text.replace(part, other)
        (folder / "mami.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        around = string.Template(AROUND).substitute(folder=folder, user=user)
        (folder / "nginx.conf").write_text(around)
        program = needed("nginx")
        subprocess.run([program, "-t", "-c", folder / "nginx.conf"], check=True)
        self.process = subprocess.Popen(
            [program, "-c", folder / "nginx.conf"], stdin=subprocess.DEVNULL
        )
        until(self._listens, seconds=20 * patience())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def connect(self, *, source: str = "127.0.0.1", timeout: float = 40) -> Any:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=timeout, context=context, source_address=(source, 0)
        )

    def asks(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Any = None,
        source: str = "127.0.0.1",
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own. Raises OSError where there is no answer."""
        connection = self.connect(source=source)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def drip(nginx: Nginx, *, kind: str, number: int, ends: float) -> None:
    """One slow client: idle, a head or a body a byte a second, until `ends` or until cut off."""
    source = f"127.0.0.{2 + number % 60}"
    raw = socket.create_connection(("127.0.0.1", nginx.port), 10, source_address=(source, 0))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(raw) as line:
            if kind == "body":
                line.sendall(
                    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: shop.mami.test\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
                )
            while time.monotonic() < ends:
                if kind != "idle":
                    line.sendall(b"G" if kind == "head" else b" ")
                time.sleep(1)
    except OSError:
        return


def sign_in(visit: requests.Session, url: str, *, page: str, email: str, password: str) -> None:
    """Fill in and send the form of `page`, the one to sign in, as a person does."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None, page[-500:]
    form = {
        "username": email,
        "email": email,
        "password": password,
        "csrfmiddlewaretoken": token[1],
    }
    done = visit.post(f"{url}/account/login/", form, timeout=60, allow_redirects=False)
    assert done.status_code == 302, done.text[-500:]
