"""What the web server refuses by itself is told in the envelope too."""

from __future__ import annotations

import json
import logging
import selectors
import socket
import time
from collections import deque

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidResponseHeader
from gunicorn.http.parser import RequestParser

from runtime.admission_worker import Connection
from runtime.serving import Worker


def heard(error: BaseException) -> tuple[dict[str, str], dict]:
    """Head and body of the answer to a failure that the worker met."""
    worker = Worker.__new__(Worker)
    worker.log = logging.getLogger("gunicorn.error")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(None, ours, ("", 0), error)
        ours.close()
        head, _, body = theirs.makefile("rb").read().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return {"status": first, **dict(line.split(": ") for line in lines)}, json.loads(body)


def unreadable(raw: bytes) -> BaseException:
    with pytest.raises(Exception) as refusal:  # noqa: PT011
        next(RequestParser(Config(), iter([raw]), ("", 0)))
    return refusal.value


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"GET /api/v1/x?q=" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", "414 Request-URI Too Long",
         "URI_TOO_LONG"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
         "431 Request Header Fields Too Large", "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 150 + b"\r\n",
         "431 Request Header Fields Too Large", "HEADERS_TOO_LARGE"),
        (b"FOO\r\n\r\n", "400 Bad Request", "VALIDATION_ERROR"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", "400 Bad Request", "VALIDATION_ERROR"),
        (b"GET / HTTP/1.1\r\nContent-Length: abc\r\n\r\n", "400 Bad Request",
         "VALIDATION_ERROR"),
        (b"GET / HTTP/9.9\r\n\r\n", "400 Bad Request", "VALIDATION_ERROR"),
        # Where a body ends must be said once: else a second request could hide in it.
        (b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400 Bad Request", "VALIDATION_ERROR"),
        (b"POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
         "400 Bad Request", "VALIDATION_ERROR"),
        (b"POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\nabcd", "400 Bad Request",
         "VALIDATION_ERROR"),
        (b"POST / HTTP/1.1\r\nContent-Length : 4\r\n\r\nabcd", "400 Bad Request",
         "VALIDATION_ERROR"),
    ],
)  # fmt: skip
def test_unreadable_requests(raw: bytes, status: str, code: str, caplog) -> None:
    head, body = heard(unreadable(raw))
    assert head["status"] == f"HTTP/1.1 {status}"
    assert head["Content-Type"] == "application/json"
    assert len(head["X-Request-Id"]) == 32
    assert body["error"]["code"] == code
    assert body["error"]["message"]
    assert body["error"]["details"] == {}
    assert "aaaa" not in caplog.text


@pytest.mark.parametrize("error", [ZeroDivisionError(), InvalidResponseHeader("x")])
def test_a_failure_of_ours_is_an_internal_error(error: Exception, caplog) -> None:
    head, body = heard(error)
    assert head["status"] == "HTTP/1.1 500 Internal Server Error"
    assert body["error"]["code"] == "INTERNAL_ERROR"
    assert body["error"]["details"] == {"request_id": head["X-Request-Id"]}
    assert head["X-Request-Id"] in caplog.text


@pytest.mark.parametrize(("came", "said"), [(b"GET / HTTP/1.1\r\nX: ", "408"), (b"", "")])
def test_a_head_that_never_ends_is_told_so_and_closed(came: bytes, said: str) -> None:
    """Whoever sent nothing asked nothing; one whose time is not over goes on waiting."""
    worker = Worker.__new__(Worker)
    worker.log = logging.getLogger("gunicorn.error")
    worker.has_door, worker.nr_conns, worker.pending_conns = False, 2, deque()
    worker.poller = selectors.DefaultSelector()
    (ours, theirs), (waits, other) = socket.socketpair(), socket.socketpair()
    late, young = (Connection(Config(), sock, None) for sock in (ours, waits))
    late.came, late.head_until, young.head_until = came, time.monotonic(), time.monotonic() + 60
    worker._heads = {late: None, young: None}
    with waits, theirs, other, worker.poller:
        for sock in (ours, waits):
            worker.poller.register(sock, selectors.EVENT_READ)
        worker.murder_pending()
        head, _, body = theirs.makefile("rb").read().partition(b"\r\n\r\n")
        assert list(worker._heads) == [young]
        assert [key.fileobj for key in worker.poller.get_map().values()] == [waits]
    assert (late.is_closed, young.is_closed, worker.nr_conns) == (True, False, 1)
    assert head.decode().split(" ")[1:2] == ([said] if said else [])
    if said:
        assert b"Connection: close" in head
        assert json.loads(body)["error"]["code"] == "REQUEST_TIMEOUT"
