"""What this machine serves to the others of its installation, it serves over TLS where it has a certificate.

TLS_CERTIFICATE and TLS_KEY name the two files (`deploy/make-certificates`); the web server and the background
worker's figures use them. A handshake takes turns with the client, so a thread has it, and not the loop.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from functools import cache
from typing import Any

from runtime.pace import HEAD_SECONDS

SAYING_SECONDS = 2.0


class CertificateUnusable(Exception):
    """One sentence about a certificate or its key."""


@cache
def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with this certificate. Raises CertificateUnusable.

    One for all processes that are forked after it was made: they know each other's tickets.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnusable(
            "TLS_CERTIFICATE and TLS_KEY are not a certificate and its key that can be read "
            f"({type(error).__name__}); deploy/make-certificates makes them."
        ) from error
    return context


def heard(conn: Any, context: ssl.SSLContext, *, ending: bytes, longest: int) -> bytes:
    """The head of the next request of `conn`, and what came with it; empty when the client has left.

    Raises OSError: too slow, no TLS, broken.
    """
    until = time.monotonic() + HEAD_SECONDS
    if not isinstance(conn.sock, ssl.SSLSocket):
        conn.sock.settimeout(HEAD_SECONDS)
        conn.sock = context.wrap_socket(conn.sock, server_side=True)
    came = bytes(conn.came)
    while ending not in came and len(came) <= longest:
        conn.sock.settimeout(max(until - time.monotonic(), 0.001))
        more = conn.sock.recv(64 * 1024)
        if not more:
            return b""
        came += more
    conn.sock.settimeout(None)
    return came


def holds_more(sock: socket.socket) -> bool:
    """Whether something has come that no longer makes the socket readable."""
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


def said_and_closed(sock: socket.socket, answer: bytes) -> None:
    """Send an answer to whoever takes it soon, and close."""
    with contextlib.suppress(OSError):
        sock.settimeout(SAYING_SECONDS)
        sock.sendall(answer)
    with contextlib.suppress(OSError):
        sock.close()
