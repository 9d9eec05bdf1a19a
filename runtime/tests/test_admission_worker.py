"""The door of a running worker: a place for one, eight threads, and people who come in every way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.run.tests.conftest import patience, until
from tests.drills.bare_server import serving

pytestmark = pytest.mark.slow
THREADS = 8


def get(path: str, *, method: str = "GET", rest: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{rest}\r\n".encode()


CLOSE = "Connection: close\r\n"


class Shop:
    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port))
        sock.settimeout(30 * patience())
        return sock

    def ask(self, *pieces: bytes) -> bytes:
        """Everything that is answered to what is sent."""
        with closing(self.connect()) as sock:
            for piece in pieces:
                sock.sendall(piece)
            return heard(sock)

    def held(self, path: str, number: int) -> list[socket.socket]:
        """So many requests that are in the application now, until `go`."""
        came = self.folder / "came"
        came.write_text("")
        held = [self.connect() for _ in range(number)]
        for sock in held:
            sock.sendall(get(path, rest=CLOSE))
        until(lambda: len(came.read_text()) == number, seconds=30 * patience())
        return held

    def go(self, held: list[socket.socket]) -> list[bytes]:
        (self.folder / "go").touch()
        said = [heard(sock) for sock in held]
        for sock in held:
            sock.close()
        (self.folder / "go").unlink()
        return said


def heard(sock: socket.socket) -> bytes:
    got = b""
    while piece := sock.recv(65536):
        got += piece
    return got


def read_answer(sock: socket.socket, ending: bytes) -> bytes:
    got = b""
    while not got.endswith(ending):
        piece = sock.recv(65536)
        assert piece, got
        got += piece
    return got


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("door")
    with serving(folder, "runtime.serving.Worker", REQUESTS_AT_ONCE="1") as (port, _master):
        yield Shop(port, folder)


def test_who_waited_too_long_is_told_so_without_a_thread(shop: Shop) -> None:
    held = shop.held("/static/held", THREADS - 1)  # these need no place, and take seven threads
    held += shop.held("/held", 1)  # the last thread and the only place
    refused = shop.ask(get("/say"))
    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n")
    assert b"Retry-After: 1\r\n" in refused
    assert b"X-Request-Id: " in refused
    assert refused.endswith(b"\r\n\r\nfull")
    assert shop.ask(get("/say", method="HEAD")).endswith(b"\r\n\r\n")
    assert (
        shop.ask(get("/say", rest="X-Request-Id: mine\r\n")).count(b"X-Request-Id: mine\r\n") == 1
    )
    assert shop.ask(get("/health/live")).startswith(b"HTTP/1.1 200 OK"), "no thread is left"
    assert {said[:15] for said in shop.go(held)} == {b"HTTP/1.1 200 OK"}


def test_probes_and_figures_have_no_line(shop: Shop) -> None:
    held = shop.held("/held", 1)
    for path in ("/health/ready", "/health/start", "/health/live", "/metrics", "/static/x.css"):
        assert shop.ask(get(path, rest=CLOSE)).startswith(b"HTTP/1.1 200 OK"), path
    shop.go(held)


def test_who_waits_is_let_in_when_a_place_is_left(shop: Shop) -> None:
    held = shop.held("/held", 1)
    said: list[bytes] = []
    waiting = [  # money and hands: eight seconds, and first of all
        threading.Thread(target=lambda: said.append(shop.ask(get("/ops/say", rest=CLOSE))))
        for _ in range(3)
    ]
    for thread in waiting:
        thread.start()
    shop.go(held)
    for thread in waiting:
        thread.join(30 * patience())
    assert [answer[:15] for answer in said] == [b"HTTP/1.1 200 OK"] * 3
    assert shop.ask(get("/say", rest=CLOSE)).endswith(b"/say"), "no place is lost"


def test_a_body_waits_outside_and_is_heard(shop: Shop) -> None:
    said = shop.ask(
        get("/say", method="POST", rest=f"Content-Length: 6\r\n{CLOSE}"), b"abc", b"def"
    )
    assert said.endswith(b"/say")


def test_one_connection_after_another_and_all_at_once(shop: Shop) -> None:
    with closing(shop.connect()) as sock:
        for number in range(3):
            sock.sendall(get(f"/say/{number}"))
            read_answer(sock, f"/say/{number}".encode())
        sock.sendall(b"".join(get(f"/say/{number}") for number in range(3, 6)))
        got = read_answer(sock, b"/say/5")
    assert [got.index(f"/say/{number}".encode()) for number in range(3, 6)] == sorted(
        got.index(f"/say/{number}".encode()) for number in range(3, 6)
    )
    assert got.count(b"HTTP/1.1 200 OK") == 3


def test_a_request_behind_a_body_is_another_request(shop: Shop) -> None:
    first = get("/say/first", method="POST", rest="Content-Length: 3\r\n") + b"abc"
    second = get("/say/second", rest=CLOSE)
    got = shop.ask(first + second[:20], second[20:])
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert got.endswith(b"/say/second")


def test_a_head_in_pieces_is_one_head(shop: Shop) -> None:
    whole = get("/say/pieces", rest=CLOSE)
    assert shop.ask(whole[:1], whole[1:9], whole[9:-1], whole[-1:]).endswith(b"/say/pieces")


def test_who_sends_no_more_but_listens_is_answered(shop: Shop) -> None:
    with closing(shop.connect()) as sock:
        sock.sendall(get("/say/half"))
        sock.shutdown(socket.SHUT_WR)
        assert heard(sock).endswith(b"/say/half")


def test_who_leaves_without_a_word_harms_nobody(shop: Shop) -> None:
    for piece in (b"", b"GET /", get("/say")):
        with closing(shop.connect()) as sock:
            sock.sendall(piece)
    assert shop.ask(get("/say/after", rest=CLOSE)).endswith(b"/say/after")
