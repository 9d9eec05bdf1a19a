"""A gateway for short messages, as a real HTTP server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class FakeGateway:
    """What was asked, and how to answer next: ok, a status, `hang` or `break`."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By idempotency key: what went out to phones, each once."""
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def fake_gateway() -> Iterator[FakeGateway]:
    gateway = FakeGateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            is_form = "form" in self.headers.get("Content-Type", "")
            body = (
                {name: values[0] for name, values in parse_qs(raw.decode()).items()}
                if is_form
                else json.loads(raw)
            )
            key = self.headers.get("Idempotency-Key", "")
            gateway.asked.append(
                {"path": self.path, "body": body, "headers": dict(self.headers), "key": key}
            )
            answer = gateway.answers.pop(0) if gateway.answers else 200
            if answer == "hang":
                gateway.released.wait(30)
                return
            if answer in (200, "break"):
                gateway.sent.setdefault(key, body)
            if answer == "break":  # taken, and the line dies before it can say so
                self.connection.close()
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            told = json.dumps({"id": f"ref-{key}", "sid": f"ref-{key}"}).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.released.set()
        server.shutdown()
        server.server_close()
