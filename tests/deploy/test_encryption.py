"""Machines of an installation speak over TLS and know each other; whoever speaks in clear, or shows another
authority's certificate, gets nothing. Each with the shipped files, and a control.
"""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from core.redis_cache import RedisCache
from runtime import environment
from runtime.run.tests.conftest import free_port, patience
from tests.architecture.project import ROOT
from tests.deploy.certificates import Certificate, certificate
from tests.deploy.front import Nginx
from tests.deploy.ha_cluster import account, encrypted_etcd, until
from tests.deploy.programs import needed
from tests.deploy.server import Server
from tests.drills.bare_server import serving

pytestmark = [pytest.mark.deploy, pytest.mark.slow]
DEPLOY = ROOT / "deploy"
SECRET = "a-password-of-these-tests"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where other accounts may come in."""
    with tempfile.TemporaryDirectory(prefix="mami-tls-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="module")
def shown(folder: Path) -> Certificate:
    return certificate(folder / "tls", "mami-web", "haproxy", account=account().get("user", -1))


@pytest.fixture(scope="module")
def strange(folder: Path) -> Certificate:
    """As good a certificate, of another authority."""
    return certificate(folder / "strange", "mami-web", "haproxy")


@contextlib.contextmanager
def running(*command: str | Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [str(part) for part in command], env=os.environ | environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def put_in(path: Path, changes: dict[str, Any]) -> str:
    """A shipped file with ports and folders of the test."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


class TestCertificates:
    def test_are_made_once_and_only_the_owner_reads_keys(self, tmp_path: Path) -> None:
        needed("openssl")
        command: list[str | Path] = [
            DEPLOY / "make-certificates",
            tmp_path / "tls",
            "a,10.0.0.11,haproxy",
            "b",
        ]
        subprocess.run(command, check=True)
        made = {path: path.read_bytes() for path in (tmp_path / "tls").glob("*.pem")}
        subprocess.run([*command, "c"], check=True)
        assert {path: path.read_bytes() for path in made} == made
        assert (tmp_path / "tls" / "c.pem").exists()
        for path in (tmp_path / "tls").rglob("*key.pem"):
            assert path.stat().st_mode & 0o077 == 0, path
        strict: list[str | Path] = [
            "verify",
            "-x509_strict",
            "-CAfile",
            tmp_path / "tls" / "ca.pem",
        ]
        names = [("-verify_ip", "10.0.0.11"), ("-verify_hostname", "haproxy")]
        for way in names:
            subprocess.run(
                [needed("openssl"), *strict, *way, tmp_path / "tls" / "a.pem"], check=True
            )
        other = [needed("openssl"), *strict, "-verify_hostname", "b", tmp_path / "tls" / "a.pem"]
        assert subprocess.run(other, capture_output=True).returncode != 0

    def test_nobody_else_enters_the_folder_of_secrets(self, tmp_path: Path) -> None:
        text = (DEPLOY / "make-secrets").read_text(encoding="utf-8")
        closing = text.splitlines()[-3:]
        assert closing == [
            "chmod -R a+rX secrets",
            "chmod go-rwx secrets",
            "chmod -R go-rwx secrets/tls/authority",
        ]


def test_postgres_takes_nobody_in_clear(
    folder: Path, shown: Certificate, strange: Certificate
) -> None:
    """`postgres/start` and `postgres/pg_hba.conf` with the command of `compose.yml`, and the shop's own address."""
    (folder / "database").mkdir()
    server = Server(folder / "database", shown)
    server.control("start")
    try:
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            server.connect(sslmode="disable")
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            server.connect(sslrootcert=str(strange.ca))
        url = (
            f"postgresql://postgres:x@127.0.0.1:{server.port}/postgres"
            f"?sslmode=verify-full&sslrootcert={shown.ca}"
        )
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("DATABASE_URL", url)
            options = environment.database(environment.Environment(), folder)["OPTIONS"]
        with server.connect(**{name: options[name] for name in ("sslmode", "sslrootcert")}) as shop:
            asked = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert shop.execute(asked).fetchone() == (True, "TLSv1.3")
    finally:
        server.control("stop")


def test_postgres_gets_a_key_that_is_its_own(tmp_path: Path) -> None:
    """`postgres/start`: a key that others could read, as secrets of containers are, would be refused."""
    (tmp_path / "key").write_text("the key")
    (tmp_path / "key").chmod(0o644)
    told = subprocess.run(
        [DEPLOY / "postgres" / "start", "postgres", "-c", "ssl=on"],
        env=os.environ
        | {"SECRETS": str(tmp_path), "KEY": str(tmp_path / "own"), "ENTRY": "/bin/echo"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout == "postgres -c ssl=on\n"
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "own").stat().st_uid == account().get("user", os.getuid())
    assert 'entrypoint: ["/bin/sh", "/etc/mami/start"]' in (DEPLOY / "compose.yml").read_text()


def test_redis_takes_nobody_in_clear(
    folder: Path, shown: Certificate, strange: Certificate
) -> None:
    """`redis/redis.conf`, as `make-secrets` completes it; the address as it writes it."""
    port = free_port()
    text = put_in(
        DEPLOY / "redis" / "redis.conf",
        {
            "tls-port 6379": f"tls-port {port}\nbind 127.0.0.1\ndir {folder}",
            "/run/secrets/certificate": shown.certificate,
            "/run/secrets/key": shown.key,
            "/run/secrets/ca": shown.ca,
        },
    )
    file = folder / "redis.conf"
    file.write_text(f"{text}requirepass {SECRET}\n")
    with running(needed("redis-server"), file):

        def url(ca: Path, password: str = f":{SECRET}@") -> str:
            return f"rediss://{password}127.0.0.1:{port}/0?ssl_ca_certs={ca}"

        def answers(address: str) -> str:
            try:
                with redis.Redis.from_url(address, socket_timeout=2) as client:
                    return str(client.ping())
            except redis.RedisError as error:
                return str(error)

        until(lambda: answers(url(shown.ca)) == "True", seconds=20, why="Redis")
        assert "Authentication" in answers(url(shown.ca, password=""))
        assert "certificate verify failed" in answers(url(strange.ca))
        assert answers(f"redis://:{SECRET}@127.0.0.1:{port}/0") != "True"
        cache = RedisCache(url(shown.ca), {"KEY_PREFIX": "mami"})
        cache.set("a", 7)
        assert cache.get("a") == 7, "the shop's own client"


def test_etcd_knows_who_asks(folder: Path, shown: Certificate, strange: Certificate) -> None:
    """With what `compose.ha.yml` says to it: no key is told in clear, or to whom nobody knows."""
    port, peers = free_port(), free_port()
    with running(
        needed("etcd"), "--data-dir", folder / "etcd", "--name", "x",
        f"--listen-client-urls=https://127.0.0.1:{port}",
        f"--advertise-client-urls=https://127.0.0.1:{port}",
        f"--listen-peer-urls=https://127.0.0.1:{peers}",
        f"--initial-advertise-peer-urls=https://127.0.0.1:{peers}",
        f"--initial-cluster=x=https://127.0.0.1:{peers}",
        **encrypted_etcd(shown),
    ):  # fmt: skip

        def version(scheme: str, context: ssl.SSLContext | None) -> bool:
            address = f"{scheme}://127.0.0.1:{port}/version"
            try:
                return bool(urllib.request.urlopen(address, timeout=2, context=context).read())
            except OSError:
                return False

        until(lambda: version("https", shown.context), seconds=30, why="etcd")
        assert not version("http", None)
        assert not version("https", strange.context)
        assert not version("https", ssl.create_default_context(cafile=str(shown.ca)))


class _IsPrimary(http.server.BaseHTTPRequestHandler):
    def do_OPTIONS(self) -> None:
        self.send_response(200 if self.path == "/primary" else 503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Probes are no news."""


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Whoever does not believe its certificate hangs up."""


@contextlib.contextmanager
def patroni_stand_in(port: int, certificate: Certificate) -> Iterator[None]:
    """Answers as Patroni of a primary does."""
    with _Quiet(("127.0.0.1", port), _IsPrimary) as server:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.parametrize("is_ours", [True, False])
def test_haproxy_believes_our_own_patroni_only(folder: Path, *, is_ours: bool) -> None:
    """It hands on to a node whose Patroni shows a certificate of ours, for that node's name, and to no other."""
    ours = certificate(folder / "nodes", "a")
    node = ours if is_ours else certificate(folder / "strangers", "a")
    primary, replicas, rest, database = (free_port() for _ in range(4))
    text = put_in(
        DEPLOY / "haproxy" / "haproxy.cfg",
        {
            "ca-base /etc/haproxy/tls": f"ca-base {ours.ca.parent}",
            "127.0.0.1:5000": f"127.0.0.1:{primary}",
            "127.0.0.1:5001": f"127.0.0.1:{replicas}",
            "10.0.0.11:5432": f"127.0.0.1:{database}",
            "check port 8008": f"check port {rest}",
            "inter 1s": "inter 100ms",
        },
    )
    file = folder / f"haproxy-{is_ours}.cfg"
    file.write_text(text)
    with (
        socket.create_server(("127.0.0.1", database)) as behind,
        patroni_stand_in(rest, node),
        running(needed("haproxy"), "-db", "-f", file),
    ):
        behind.settimeout(0.5)

        def hands_on() -> bool:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", primary), 1) as line,
            ):
                line.sendall(b"hello")
                with behind.accept()[0] as heard:
                    return heard.recv(5) == b"hello"
            return False

        if is_ours:
            until(hands_on, seconds=20, why="the primary")
        else:
            until(lambda: _listens(primary), seconds=20, why="HAProxy")
            assert not [True for _ in range(6) if hands_on()]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nginx_speaks_to_our_own_nodes_only(
    folder: Path, shown: Certificate, strange: Certificate
) -> None:
    """The shipped nginx in front of the shop's own web server, which has a certificate of the machine."""
    (folder / "web").mkdir()
    (folder / "front").mkdir()
    with serving(folder / "web", "runtime.serving.Worker", certificate=shown.certificate) as (
        port,
        _,
    ):
        with socket.create_connection(("127.0.0.1", port), 10) as line:
            line.settimeout(10 * patience())
            line.sendall(b"GET /say HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert b"HTTP/1.1 200" not in line.recv(100), "in clear nothing is answered"
        for ca, expected in ((shown.ca, 200), (strange.ca, 502)):
            nginx = Nginx(folder / "front", folder / "web", [port], nodes_ca=ca)
            try:
                assert nginx.asks("GET", "/say", headers={"Host": "shop.mami.test"})[0] == expected
                body = b"x" * 40_000
                assert nginx.asks("POST", "/say", body, {"Host": "shop.mami.test"})[0] == expected
            finally:
                nginx.end()
