"""A cluster behind TLS and a password: a small server that speaks both, and refuses what lacks them."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime import environment
from search.opensearch import SearchCluster, SearchDown

FOUND = {
    "timed_out": False,
    "_shards": {"failed": 0},
    "hits": {"total": {"value": 0}, "hits": []},
}


class Guarded(BaseHTTPRequestHandler):
    """Answers a search to shop:s3cret, and 401 to everybody else."""

    def do_POST(self) -> None:
        wanted = "Basic " + base64.b64encode(b"shop:s3cret").decode()
        welcome = self.headers.get("Authorization") == wanted
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps(FOUND if welcome else {"error": "who are you?"}).encode()
        self.send_response(200 if welcome else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificates") / "node.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url: str, *, ca: str | None, password: str | None = None) -> int:
    where = {"URL": url, "PASSWORD": password, "CA": ca, "PREFIX": "mami", "TIMEOUT_MS": 20_000}
    total: int = SearchCluster(**where).search({})["hits"]["total"]["value"]
    return total


def test_who_signs_in_over_a_known_certificate_is_answered(port: int, certificate: Path) -> None:
    known, place = str(certificate), f"127.0.0.1:{port}"
    assert ask(f"https://shop:s3cret@{place}", ca=known) == 0
    assert ask(f"https://shop@{place}", ca=known, password="s3cret") == 0
    with pytest.raises(SearchDown, match="refused"):
        ask(f"https://shop:wrong@{place}", ca=known)
    with pytest.raises(SearchDown, match="refused"):
        ask(f"https://{place}", ca=known)
    with pytest.raises(SearchDown, match="unreachable"):
        ask(f"https://shop:s3cret@{place}", ca=None)


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("http://shop:s3cret@search.example:9200", ""),
        ("http://shop@search.example:9200", "s3cret"),
        ("search.example:9200", ""),
        ("ftp://search.example", ""),
    ],
)
def test_a_password_never_goes_over_http(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, password: str
) -> None:
    monkeypatch.setenv("SEARCH_OPENSEARCH_URL", url)
    monkeypatch.setenv("SEARCH_OPENSEARCH_PASSWORD", password)
    with pytest.raises(SystemExit):
        environment.opensearch(environment.Environment())
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "s3cret" not in said
