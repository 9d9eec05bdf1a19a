"""The background worker's own `/metrics`, on an address of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from django.conf import settings

from core import metrics
from runtime import encryption

log = structlog.get_logger(__name__)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Somebody left, or does not speak TLS: one line, as all the rest of the log."""
        kind = sys.exc_info()[0]
        log.info("worker_metrics_unheard", error=kind.__name__ if kind else "")


class _Silent(WSGIRequestHandler):
    timeout = 10  # seconds for who connects and says nothing

    def log_message(self, *_: Any) -> None:
        """Scrapes are no news."""


def serve() -> None:
    """Tell what this process counts at WORKER_METRICS, from a thread that ends with the process.

    A port that is taken (a second worker of this machine) is told in the log and stands in no way.
    """
    if not settings.WORKER_METRICS:
        return
    host, _, port = settings.WORKER_METRICS.rpartition(":")
    try:
        server = make_server(host, int(port), _figures, _Server, _Silent)
        if settings.TLS_CERTIFICATE:
            context = encryption.server_context(settings.TLS_CERTIFICATE, settings.TLS_KEY)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
    except (OSError, ValueError, OverflowError, encryption.CertificateUnusable) as error:
        log.warning("worker_metrics_unserved", error=type(error).__name__)
        return
    threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()


def _figures(asked: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """To whoever carries the token, or to all where none is set: it listens to this machine only."""
    if asked["PATH_INFO"] != "/metrics":
        start("404 Not Found", [])
        return []
    if metrics.may_read(asked.get("HTTP_AUTHORIZATION", "")) is False:
        start("401 Unauthorized", [("WWW-Authenticate", 'Bearer realm="metrics"')])
        return []
    start("200 OK", [("Content-Type", metrics.CONTENT_TYPE_LATEST)])
    return [metrics.exposition()]
