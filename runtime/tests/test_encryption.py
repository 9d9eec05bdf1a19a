"""A machine that shows a certificate: the door is the same, and nothing is said in clear."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from runtime import encryption
from runtime.admission_worker import EARS
from runtime.alive import is_alive
from runtime.run.tests.conftest import patience, until
from tests.deploy.certificates import Certificate, certificate
from tests.drills.bare_server import serving

pytestmark = pytest.mark.slow


class Shop:
    def __init__(self, port: int, folder: Path, shown: Certificate) -> None:
        self.port, self.folder, self.shown = port, folder, shown

    def line(self) -> http.client.HTTPSConnection:
        context = self.shown.context
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=30 * patience(), context=context
        )

    def ask(self, path: str, *, body: bytes | None = None) -> tuple[int, bytes]:
        with closing(self.line()) as line:
            line.request("POST" if body else "GET", path, body, {"Connection": "close"})
            answer = line.getresponse()
            return answer.status, answer.read()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("door")
    shown = certificate(folder / "tls", "mami-web")
    with serving(
        folder, "runtime.serving.Worker", certificate=shown.certificate, REQUESTS_AT_ONCE="1"
    ) as (port, _):
        yield Shop(port, folder, shown)


def test_requests_one_after_another_and_a_long_body(shop: Shop) -> None:
    with closing(shop.line()) as line:
        for number in range(3):
            line.request("GET", f"/say/{number}")
            assert line.getresponse().read() == f"/say/{number}".encode()
        line.request("POST", "/say/much", b"x" * 200_000)
        assert line.getresponse().read() == b"/say/much"
    assert shop.ask("/say/again", body=b"y" * 50_000) == (200, b"/say/again")


def test_who_waits_too_long_is_sent_away_and_the_probe_is_not(shop: Shop) -> None:
    with closing(shop.line()) as held:
        held.request("GET", "/held")
        until((shop.folder / "came").exists, seconds=30 * patience())
        assert shop.ask("/say") == (503, b"full")
        assert shop.ask("/health/live")[0] == 200
        (shop.folder / "go").touch()
        assert held.getresponse().status == 200
    (shop.folder / "go").unlink()


def test_who_says_nothing_keeps_nobody_waiting(shop: Shop) -> None:
    """They are more than there are ears."""
    with ExitStack() as silent:
        for _ in range(EARS + 8):
            silent.enter_context(socket.create_connection(("127.0.0.1", shop.port)))
        began = time.monotonic()
        assert shop.ask("/say/heard") == (200, b"/say/heard")
        assert time.monotonic() - began < 5 * patience(), "long before their ten seconds are over"


def test_in_clear_nothing_is_answered(shop: Shop) -> None:
    with socket.create_connection(("127.0.0.1", shop.port)) as line:
        line.settimeout(30 * patience())
        line.sendall(b"GET /say HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionResetError):
            assert b"200" not in line.recv(100)
    assert shop.ask("/say/after")[0] == 200


def test_the_machine_itself_looks_whether_it_is_alive(shop: Shop, tmp_path: Path) -> None:
    other = certificate(tmp_path / "tls", "mami-web")
    assert is_alive(shop.port, str(shop.shown.certificate))
    assert not is_alive(shop.port, str(other.certificate)), "somebody else answers there"
    assert not is_alive(shop.port, ""), "in clear"


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "certificate").write_text("a word that stays here")
    for path in (tmp_path / "certificate", tmp_path / "gone"):
        with pytest.raises(encryption.CertificateUnusable) as refused:
            encryption.server_context(str(path), "")
        assert str(refused.value).startswith("TLS_CERTIFICATE and TLS_KEY are not a certificate")
        assert "stays here" not in str(refused.value)
