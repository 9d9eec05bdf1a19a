"""The doors of a running shop of two processes, as strangers and people find them on the wire."""

from __future__ import annotations

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pyotp
import pytest
from django.conf import settings

from core.bodies import JSON_LIMIT, MEGABYTE
from core.headers import EVERYWHERE
from runtime.pace import HEAD_SECONDS
from runtime.run.tests.conftest import Opened, patience
from tests.drills.test_bad_days import PASSWORD, ask

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad-days")]


def said(shop: Opened, request: bytes) -> bytes:
    """Everything that is answered until the connection closes."""
    with closing(socket.create_connection(("127.0.0.1", shop.port))) as line:
        line.settimeout(30 * patience())
        line.sendall(request)
        got = b""
        while piece := line.recv(65536):
            got += piece
    return got


def request(path: str, *, method: str = "GET", host: str = "127.0.0.1", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n".encode()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request("/"), 200),
        (request("/nowhere"), 404),
        (request("/ops/"), 302),
        (request("/api/v1/me"), 401),
        (request("/", host="evil.test"), 400),
        (request("/api/v1/me", host="evil.test", more="Accept-Encoding: gzip\r\n"), 400),
        (request("/health/live", host="evil.test"), 200),
        (request("/health/ready", host="evil.test"), 200),
        (request("/health/start", host="evil.test"), 200),
        (request("/static/nothing.css"), 404),
        (b"FOO\r\n\r\n", 400),
        (request("/?q=" + "a" * 9000), 414),
    ],
)
def test_headers_of_every_answer(shop: Opened, asked: bytes, status: int) -> None:
    head, _, body = said(shop, asked).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first.split()[1] == str(status), first
    for name, value in EVERYWHERE.items():
        if name == "Cross-Origin-Resource-Policy" and b"/static/" in asked:
            value = "cross-origin"
        assert headers[name.lower()] == value, name
    assert "server" not in headers
    assert "gunicorn" not in head.decode().lower()
    if b"evil" in asked and b"gzip" in asked:
        assert "content-encoding" not in headers
        assert json.loads(body)["error"]["code"] == "VALIDATION_ERROR"


def test_too_much_is_refused_before_it_is_read(shop: Opened) -> None:
    """By its length; without one where the limit is passed; a stranger's by the right of the route."""
    as_json = f"Content-Type: application/json\r\nContent-Length: {300 * MEGABYTE}\r\n"
    began = time.monotonic()
    told = said(shop, request("/api/v1/auth/login", method="POST", more=as_json))
    assert b" 413 " in told.split(b"\r\n")[0]
    assert b'"code":"BODY_TOO_LARGE"' in told
    assert f'"limit":{JSON_LIMIT}'.encode() in told
    upload = "Content-Type: multipart/form-data; boundary=x\r\n"
    upload += f"Content-Length: {12 * MEGABYTE}\r\n"
    told = said(shop, request("/ops/orders/M-1/deliver/", method="POST", more=upload))
    assert b" 302 " in told.split(b"\r\n")[0]
    assert list((shop.var / "tmp").iterdir()) == []
    assert time.monotonic() - began < 8 * patience(), "neither waited for what did not come"
    line = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30 * patience())
    with closing(line):
        pieces = (b"x" * 65536 for _ in range(5))
        headers = {"Content-Type": "application/json"}
        line.request("POST", "/api/v1/auth/login", pieces, headers, encode_chunked=True)
        assert line.getresponse().status == 413


def test_who_does_not_keep_pace_is_told_so(shop: Opened) -> None:
    """A head that does not end, and bodies that do not come, of a call and of a form; all at once, to wait once."""
    as_json = "Content-Type: application/json\r\nContent-Length: 80\r\n"
    as_form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 80\r\n"
    # Of nobody who never saw the page a form is read at all.
    visited = f"Cookie: {settings.CSRF_COOKIE_NAME}={'a' * 32}\r\n"
    unfinished = [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
        request("/api/v1/auth/login", method="POST", more=as_json) + b'{"email": ',
        request("/account/login/", method="POST", more=as_form + visited) + b"email=",
    ]
    began = time.monotonic()
    with ThreadPoolExecutor(len(unfinished)) as pool:
        head, call, form = pool.map(lambda begun: said(shop, begun), unfinished)
    waited = time.monotonic() - began
    for told in (head, call, form):
        assert told.split(b"\r\n")[0].split()[1] == b"408"
        assert b"\r\nConnection: close\r\n" in told
    for told in (head, call):
        assert json.loads(told.partition(b"\r\n\r\n")[2])["error"]["code"] == "REQUEST_TIMEOUT"
    assert b"<html" in form
    assert HEAD_SECONDS - 1 < waited < (HEAD_SECONDS + 5) * patience()
    assert b" 200 " in said(shop, request("/")).split(b"\r\n")[0]


def test_nobody_else_reads_its_files(shop: Opened) -> None:
    """The database's socket is open to all, in a folder that is not."""
    open_ones = [
        path
        for path in shop.var.rglob("*")
        if not (path.is_symlink() or path.is_socket())
        and not path.is_relative_to(shop.var / "static")
        and path.stat().st_mode & 0o007
    ]
    assert open_ones == []
    assert shop.var.stat().st_mode & 0o777 == 0o711
    assert (shop.var / "postgres").stat().st_mode & 0o777 == 0o700
    assert (shop.var / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_code_counts_once_in_both_processes_and_a_sign_in_ends_in_both(shop: Opened) -> None:
    new = {"email": "two-steps@mami.test", "password": PASSWORD, "full_name": "Two Steps"}
    place = "203.0.113.99"

    def call(
        path: str, body: object = None, *, token: str = "", method: str = ""
    ) -> tuple[int, dict]:
        line = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30 * patience())
        headers = {"X-Forwarded-For": place, "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with closing(line):
            line.request(method or ("GET" if body is None else "POST"), f"/api/v1{path}",
                         None if body is None else json.dumps(body), headers)  # fmt: skip
            answer = line.getresponse()
            content = answer.read()
        return answer.status, json.loads(content) if content else {}

    token = ask(shop, "/api/v1/auth/register", new, place=place)[1]["data"]["access_token"]
    status, begun = call("/me/second-factor", {"current_password": PASSWORD}, token=token)
    assert status == 201
    totp = pyotp.TOTP(begun["data"]["secret"])
    now = time.time()
    status, on = call("/me/second-factor/confirm", {"code": totp.at(now - 30)}, token=token)
    assert status == 200
    assert {call("/me", token=token)[0] for _ in range(6)} == {401}, "earlier tokens end"
    credentials = {"email": new["email"], "password": PASSWORD}
    outcomes = []
    for _ in range(3):
        status, answer = call("/auth/login", credentials)
        assert (status, answer["error"]["code"]) == (401, "SECOND_FACTOR_REQUIRED")
        proof = {"challenge": answer["error"]["details"]["challenge"], "code": totp.at(now)}
        outcomes.append(call("/auth/second-factor", proof))
    assert [status for status, _ in outcomes] == [200, 400, 400]
    token = outcomes[0][1]["data"]["access_token"]
    assert {call("/me", token=token)[0] for _ in range(4)} == {200}
    assert call("/auth/logout-everywhere", {}, token=token)[0] == 204
    assert {call("/me", token=token)[0] for _ in range(6)} == {401}
    assert len(on["data"]["recovery_codes"]) == 10
