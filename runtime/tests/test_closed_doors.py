"""Who has connected is served, who comes later is sent elsewhere: nobody is reset."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from runtime.closed_doors import let_nobody_begin

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a filter")


@contextlib.contextmanager
def listening(family: int = socket.AF_INET) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        made.listen(1024)
        yield made


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_who_has_begun_is_heard_and_nobody_else_begins(family: int) -> None:
    with listening(family) as door, socket.socket(family, socket.SOCK_STREAM) as early:
        early.connect(door.getsockname())
        assert let_nobody_begin(door)
        with socket.socket(family, socket.SOCK_STREAM) as late:
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.connect(door.getsockname())
        served, _ = door.accept()
        early.sendall(b"ask")
        assert served.recv(10) == b"ask"
        served.sendall(b"answer")
        assert early.recv(10) == b"answer"
        served.close()


@pytest.mark.parametrize("is_quiet", [True, False], ids=["quiet", "control"])
def test_nobody_is_reset_by_the_end(is_quiet: bool) -> None:
    """Thousands knock while the door closes. Refused before a word was sent they go elsewhere; reset
    after it they may have been heard, and a proxy has to say 502.
    """
    resets = sum(_closed_in_a_crowd(is_quiet=is_quiet) for _ in range(10))
    assert resets == 0 if is_quiet else resets > 0


def _closed_in_a_crowd(*, is_quiet: bool) -> int:
    over, resets = threading.Event(), []

    def knock(address: tuple[str, int]) -> None:
        while not over.is_set():
            with socket.socket() as one, contextlib.suppress(ConnectionRefusedError, TimeoutError):
                one.settimeout(3)
                one.connect(address)
                try:
                    one.sendall(b"ask")
                    if one.recv(1) != b"!":
                        resets.append(1)
                except ConnectionError:
                    resets.append(1)

    with listening() as door:
        door.setblocking(False)
        people = [threading.Thread(target=knock, args=[door.getsockname()]) for _ in range(6)]
        for one in people:
            one.start()
        _serve(door, seconds=0.1)
        if is_quiet:
            let_nobody_begin(door)
            _serve(door, seconds=0.1)
        _serve(door, seconds=0)
        time.sleep(0.001)  # whoever comes between the last look and the end
    over.set()
    for one in people:
        one.join()
    return len(resets)


def _serve(door: socket.socket, *, seconds: float) -> None:
    """Answer whoever comes, for so long and until nobody waits."""
    ends = time.monotonic() + seconds
    while True:
        try:
            served, _ = door.accept()
        except BlockingIOError:
            if time.monotonic() > ends:
                return
            time.sleep(0.0005)
            continue
        with served:
            served.setblocking(True)
            served.recv(10)
            served.sendall(b"!")
