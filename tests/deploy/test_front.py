"""What the shipped nginx lets through to a node: one request a connection, as long as it says, with the
caller's own address; and only over a TLS of today.
"""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.headers import EVERYWHERE
from runtime.run.tests.conftest import free_port, patience, until
from tests.architecture.project import ROOT
from tests.deploy.front import Nginx

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("front")]
HOST = b"Host: shop.mami.test\r\n"
JSON = b"Content-Type: application/json\r\n"
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: shop.mami.test\r\n\r\n"


class Node(socketserver.ThreadingTCPServer):
    """Remembers the bytes of each connection; answers once its head and body are there."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Heard)
        self.heard: list[bytes] = []


class _Heard(socketserver.BaseRequestHandler):
    server: Node

    def handle(self) -> None:
        self.request.settimeout(5)
        got = b""
        while not is_whole(got) and (more := self.request.recv(65536)):
            got += more
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        self.request.settimeout(0.2)
        with suppress(OSError):
            got += self.request.recv(65536)  # what came beside the one request
        self.server.heard.append(got)


def named_length(head: bytes) -> int:
    found = re.findall(rb"(?im)^content-length: (\d+)\r?$", head)
    return int(found[0]) if found else 0


def is_whole(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    return bool(end) and len(body) >= named_length(head)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@contextmanager
def standing(folder: Path, node: Node, **changes: str) -> Iterator[Nginx]:
    nginx = Nginx(folder, folder, [node.server_address[1]], changes)
    try:
        yield nginx
    finally:
        nginx.end()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, node: Node) -> Iterator[Nginx]:
    with standing(tmp_path_factory.mktemp("front"), node) as made:
        yield made


def say(nginx: Nginx, raw: bytes) -> bytes:
    """All that is answered to these bytes."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    line = socket.create_connection(("127.0.0.1", nginx.port), 10 * patience())
    answer = b""
    with line, context.wrap_socket(line) as secured, suppress(TimeoutError, ConnectionError):
        secured.sendall(raw)
        secured.settimeout(1)
        while more := secured.recv(65536):
            answer += more
    return answer


POST = b"POST /api/v1/auth/login HTTP/1.1\r\n" + HOST + JSON
SMUGGLING = {
    "both lengths": POST
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SECOND,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + SECOND,
    "a list of lengths": POST + b"Content-Length: 0, 60\r\n\r\n" + SECOND,
    "a signed length": POST + b"Content-Length: +60\r\n\r\n" + SECOND,
    "chunked that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked and more": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
    + SECOND,
    "an odd chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" + SECOND,
    "a space before the colon": POST + b"Content-Length : 60\r\n\r\n" + SECOND,
    "a folded header": POST + b"X: y\r\n Content-Length: 60\r\n\r\n" + SECOND,
    "a NUL": POST + b"X: a\0b\r\nContent-Length: 0\r\n\r\n" + SECOND,
    "a bare return": POST + b"X: a\rContent-Length: 60\r\n\r\n" + SECOND,
}


@pytest.mark.parametrize("kind", SMUGGLING)
def test_no_request_hides_in_another(nginx: Nginx, node: Node, kind: str) -> None:
    """A node sees each request on a connection of its own, exactly as long as it says it is."""
    node.heard.clear()
    answers = say(nginx, SMUGGLING[kind]).count(b"HTTP/1.1 ")
    until(lambda: len(node.heard) <= answers, seconds=5 * patience())
    for heard in list(node.heard):
        head, _, body = heard.partition(b"\r\n\r\n")
        assert len(body) == named_length(head)
        assert len(re.findall(rb" HTTP/1\.1\r\n", heard)) == 1
        assert b"transfer-encoding" not in head.lower()
        assert len(re.findall(rb"(?im)^content-length", head)) <= 1


def test_what_a_caller_says_of_itself_is_nothing(nginx: Nginx, node: Node) -> None:
    node.heard.clear()
    said = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.test",
        "Forwarded": "for=203.0.113.9;host=evil.test",
    }
    assert nginx.asks("GET", "/", headers={**said, "Host": "shop.mami.test"})[0] == 200
    until(lambda: node.heard, seconds=5 * patience())
    head = node.heard[0].decode()
    told = dict(re.findall(r"(?m)^([\w-]+): (.*?)\r$", head))
    assert (told["X-Forwarded-For"], told["X-Forwarded-Proto"]) == ("127.0.0.1", "https")
    assert "evil.test" not in head
    assert "203.0.113.9" not in head


def shakes_hands(
    nginx: Nginx, version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0"
) -> str | None:
    """The cipher that was agreed on; None where there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    try:
        line = socket.create_connection(("127.0.0.1", nginx.port), 10)
        with line, context.wrap_socket(line) as secured:
            agreed = secured.cipher()
            return agreed[0] if agreed else None
    except (ssl.SSLError, OSError):
        return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_only_tls_of_today(nginx: Nginx) -> None:
    assert shakes_hands(nginx, ssl.TLSVersion.TLSv1_3)
    agreed = shakes_hands(nginx, ssl.TLSVersion.TLSv1_2)
    assert agreed is not None
    assert re.fullmatch(r"ECDHE-RSA-(AES\d+-GCM|CHACHA20).*", agreed)
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        assert shakes_hands(nginx, old) is None
    for weak in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256"):
        assert shakes_hands(nginx, ssl.TLSVersion.TLSv1_2, f"{weak}:@SECLEVEL=0") is None, weak


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_control_an_old_configuration_would_have_been_noticed(tmp_path: Path, node: Node) -> None:
    old = {
        "ssl_protocols TLSv1.2 TLSv1.3;": "ssl_protocols TLSv1.1 TLSv1.2;",
        "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;": "ssl_ciphers ALL:@SECLEVEL=0;",
    }
    with standing(tmp_path, node, **old) as nginx:
        assert shakes_hands(nginx, ssl.TLSVersion.TLSv1_1)
        assert shakes_hands(nginx, ssl.TLSVersion.TLSv1_2, "AES128-SHA:@SECLEVEL=0")


def test_without_tls_nothing_is_handed_on(nginx: Nginx, node: Node) -> None:
    node.heard.clear()
    with socket.create_connection(("127.0.0.1", nginx.port), 10) as line:
        line.sendall(b"GET /api/v1/me HTTP/1.1\r\n" + HOST + b"\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400 ")
    assert node.heard == []


NOT_FOR_OUTSIDE = [
    "/metrics", "/health/ready", "/health/live", "//metrics", "/./metrics", "/%6detrics", "/x/../metrics",
    "/x/%2e%2e/metrics", "/x/..%2fmetrics", "/static/../metrics", "/static/..%2fmetrics", "/health//live",
    "/health/%6cive", "/x/..//health/./live", "/metrics?x=1",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_FOR_OUTSIDE)
def test_figures_and_probes_are_not_for_outside(nginx: Nginx, node: Node, path: str) -> None:
    """However it is spelled: what nginx lets through is no other name of it for the node."""
    node.heard.clear()
    assert nginx.asks("GET", path)[0] == 404
    assert node.heard == []


def test_its_own_refusals_carry_the_headers_of_the_shop(nginx: Nginx) -> None:
    for path in ("/", "/api/v1/me"):
        status, told, body = nginx.asks("POST", path, b"x" * 1_100_000)
        assert status == 413
        for name, value in EVERYWHERE.items():
            assert told[name.lower()] == value, name
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert told["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
        assert (b'"error"' in body) == path.startswith("/api/")


def test_a_line_with_a_whole_net_of_addresses_is_one_place(tmp_path: Path, node: Node) -> None:
    """Of IPv6 nginx counts the /64: whoever writes from each of its addresses counts as one."""
    here = {
        "limit_conn mami_connections 100;": "limit_conn mami_connections 100;\n    set_real_ip_from 127.0.0.1;\n    real_ip_header X-Here;",
        "rate=50r/s;": "rate=1r/m;",
        "burst=200": "burst=4",
    }
    with standing(tmp_path, node, **here) as nginx:

        def codes(*places: str) -> list[int]:
            asked = {"Host": "shop.mami.test"}
            return [nginx.asks("GET", "/", headers={**asked, "X-Here": p})[0] for p in places]

        assert codes(*(f"2001:db8:1:2::{n}" for n in range(7))) == [200] * 5 + [429] * 2
        assert codes("2001:db8:1:3::1", "2001:db8:1:2:aaaa::7") == [200, 429]
        assert codes(*(f"192.0.2.{n}" for n in range(7))) == [200] * 7


def test_a_picture_that_is_not_here_comes_from_the_shop(nginx: Nginx, node: Node) -> None:
    """Or is closed to nginx: another machine's account may own it."""
    (nginx.folder / "media").mkdir()
    (nginx.folder / "media" / "here.webp").write_bytes(b"pixels")
    node.heard.clear()
    assert nginx.asks("GET", "/media/here.webp")[2] == b"pixels"
    assert node.heard == []
    assert nginx.asks("GET", "/media/elsewhere.webp")[2] == b"ok"
    until(lambda: len(node.heard) == 1, seconds=5 * patience())
    assert node.heard[0].startswith(b"GET /media/elsewhere.webp ")


class _Failing(Node):
    """Closes the first connection without a word."""

    turn = 0

    def finish_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        self.turn += 1
        if self.turn > 1:
            super().finish_request(request, client_address)


@pytest.mark.parametrize("has_backup", [True, False], ids=["shipped", "control"])
def test_while_one_node_restarts_a_moment_of_the_other_fails_nobody(
    tmp_path: Path, has_backup: bool
) -> None:
    """With each node named once, nginx passes over both for a second, and everybody gets 502."""
    node, gone = _Failing(), free_port()
    threading.Thread(target=node.serve_forever, daemon=True).start()
    ports = [node.server_address[1], gone]
    changes = (
        {} if has_backup else {f"server 127.0.0.1:{port} backup max_fails=0;": "" for port in ports}
    )
    nginx = Nginx(tmp_path, tmp_path, ports, changes)
    try:
        answers = {nginx.asks("GET", "/api/v1/products/1")[0] for _ in range(20)}
    finally:
        nginx.end()
        node.shutdown()
        node.server_close()
    assert answers == {200} if has_backup else 502 in answers


def test_every_list_of_nodes_names_each_as_backup() -> None:
    for name in ("deploy/compose.yml", "docs/machines.md"):
        told = (ROOT / name).read_text(encoding="utf-8")
        first = set(re.findall(r"server (\S+) max_fails=1 fail_timeout=1s;", told))
        again = set(re.findall(r"server (\S+) backup max_fails=0;", told))
        assert len(first) == 2
        assert first == again
