"""A client has to keep pace, and one whose bytes are there already is never too slow."""

from __future__ import annotations

import socket

import pytest

from runtime.pace import (
    BODY_BYTES_PER_SECOND,
    BODY_SECONDS,
    HEAD_SECONDS,
    BodyTooSlow,
    PacedSocket,
    TooSlow,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    clock = Clock()
    with ours, theirs:
        yield PacedSocket(ours, clock), theirs, clock


def test_a_dripping_head_has_ten_seconds(pair) -> None:
    paced, theirs, clock = pair
    for second in range(10):
        clock.now = float(second)
        theirs.send(b"X")
        assert paced.recv(100) == b"X"
    clock.now = HEAD_SECONDS
    with pytest.raises(TooSlow):
        paced.recv(100)


def test_what_is_there_is_read_however_late_we_come(pair) -> None:
    paced, theirs, clock = pair
    theirs.send(b"GET / HTTP/1.1\r\n\r\n")
    clock.now = 3600.0
    assert paced.recv(100).startswith(b"GET")


def test_a_body_earns_its_time(pair) -> None:
    paced, theirs, clock = pair
    paced.begin_body()
    clock.now = BODY_SECONDS - 0.1
    theirs.send(b"x" * BODY_BYTES_PER_SECOND)
    while paced._read < BODY_BYTES_PER_SECOND:
        paced.recv(BODY_BYTES_PER_SECOND)
    clock.now = BODY_SECONDS + 0.98
    theirs.send(b"y")
    assert paced.recv(1) == b"y"
    clock.now = BODY_SECONDS + 1.1
    with pytest.raises(BodyTooSlow):
        paced.recv(1)


def test_the_next_request_of_a_connection_begins_afresh(pair) -> None:
    paced, theirs, clock = pair
    clock.now = 3600.0
    paced.begin_head()
    clock.now += 5
    theirs.send(b"G")
    assert paced.recv(1) == b"G"
