"""gunicorn's threads behind a door: whoever waits costs no thread, whoever is sent away took none.

The loop that accepts reads what a client has sent, as far as it has come, and lets `runtime.early_admission` judge. Between
two looks around it lets go of the interpreter once, however many people came (`runtime.nonblocking_calls`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any, TypeVar

from django.conf import settings
from gunicorn import http, util
from gunicorn.workers.gthread import PollableMethodQueue, TConn, ThreadWorker

from core.admission import line_for, process_gate, return_after
from core.places import Gate, Verdict, Waiter, decide, give_place_back, hold
from core.telemetry import notebook
from core.telemetry.request_lines import Answered, face_of
from runtime import encryption, nonblocking_calls
from runtime.early_admission import (
    END_OF_HEAD,
    LONGEST_HEAD,
    Answer,
    Application,
    Asked,
    Refusals,
    asked_by,
    named,
)
from runtime.pace import HEAD_SECONDS, PacedSocket, TooSlow
from runtime.probes import PATHS as PROBES

T = TypeVar("T")
LIVE = "/health/live"
ACCEPTED_AT_ONCE = 64
LINGER_SECONDS = 2.0
LINGER_BYTES = 4 * 1024 * 1024
LOOK_AT_THE_LINES_EVERY = 0.05
NOTIFY_EVERY = 1.0
EARS = 32
"""Threads that shake hands with those who come over TLS, and hear the heads of their requests."""


class Connection(TConn):
    """A connection whose client has to keep pace."""

    paced: PacedSocket
    is_closed = False
    asked: Asked | None = None
    verdict: Verdict | None = None
    head_until = 0.0

    def __init__(self, cfg: Any, sock: socket.socket, server: Any) -> None:
        # Not gunicorn's own, which makes the socket non-blocking: one more call that lets go.
        self.cfg, self.sock, self.server = cfg, sock, server
        self.timeout: float | None = None
        self.parser: Any = None
        self.initialized = self.is_http2 = False
        self.data_ready = True  # the loop has waited for it
        self.came = b""

    @cached_property
    def client(self) -> Any:
        """Asked for by the thread that serves. Raises OSError when the client has left."""
        return self.sock.getpeername()

    def init(self) -> None:
        began = not self.initialized
        if began and self.cfg.is_ssl:  # the hands are shaken already
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
        super().init()
        if began:
            self.paced = PacedSocket(self.sock)
            self.parser.unreader.sock = self.paced
        else:
            self.paced.begin_head()
        self.parser.unreader.unread(self.came)
        self.came = b""

    def close(self, graceful: bool = False) -> None:
        """Close; after an answer, hear what still comes a little, so that the client sees it."""
        if self.is_closed:
            return
        self.is_closed = True
        if graceful:
            self.sock.setblocking(True)
            util.close_graceful(self.sock, timeout=LINGER_SECONDS, max_drain=LINGER_BYTES)
        else:
            super().close()


class CallbackQueue(PollableMethodQueue):
    """gunicorn's, but a loop that was woken and has not looked yet is not woken again."""

    _is_woken = False

    def defer(self, callback: Any, *args: Any) -> None:
        self._queue.put(partial(callback, *args))
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(OSError):
                os.write(self._write_fd, b"\0")

    def run_callbacks(self, _fileobj: Any, max_callbacks: int = 50) -> None:
        nonblocking_calls.emptied(self._read_fd)
        self._is_woken = False  # before the queue is emptied: who comes now wakes us again
        while not self._queue.empty():
            self._queue.get_nowait()()


class AdmissionWorker(ThreadWorker):
    """Lets in, lets wait and sends away in the loop; threads only serve."""

    gate: Gate
    refusals: Refusals

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.method_queue = CallbackQueue()
        self.has_door = self.cfg.http2_cleartext == "off"
        self._heads: dict[Connection, None] = {}  # not whole yet, in the order in which they began
        self._notified = 0.0
        self._names: dict[int, Any] = {}
        self.ears: ThreadPoolExecutor | None = None

    def open_door(self, application: Application) -> None:
        """From now on there is somebody to ask."""
        self.gate, self.refusals = process_gate(), Refusals(application)
        notebook.OF_THIS_PROCESS.start()
        if self.cfg.is_ssl:
            self.ears = ThreadPoolExecutor(EARS, "ear")

    # -- those who come --------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if not self._accept_one(listener):
                return

    def _accept_one(self, listener: socket.socket) -> bool:
        """Take the next connection; False when there is none."""
        client = nonblocking_calls.accepted(listener)
        if client is None:
            return False
        self.nr_conns += 1
        if listener.fileno() not in self._names:
            self._names[listener.fileno()] = listener.getsockname()
        self._look(Connection(self.cfg, client, self._names[listener.fileno()]))
        return True

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._look(conn)

    def _look(self, conn: Connection) -> None:
        """Read what has come. A whole head is judged, another waits for its rest in the loop."""
        if not self.has_door:
            conn.data_ready = False
            self.enqueue_req(conn)
            return
        if self.ears is not None:
            if conn in self._heads or encryption.holds_more(conn.sock):
                self._forget(conn)
                self.ears.submit(self._hear, conn)
            else:
                self._await(conn)
            return
        try:
            came = nonblocking_calls.received(conn.sock)
        except OSError:
            came = b""
        if came == b"":
            self._forget(conn)
            self._drop(conn)
            return
        conn.came += came or b""
        if END_OF_HEAD in conn.came or len(conn.came) > LONGEST_HEAD:
            self._forget(conn)
            self._judge(conn)
        elif conn not in self._heads:
            self._await(conn)

    def _await(self, conn: Connection) -> None:
        """Look at it when something comes, for as long as a head may take."""
        conn.head_until = time.monotonic() + HEAD_SECONDS
        self._heads[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._look(conn))

    def _hear(self, conn: Connection) -> None:
        """In a thread: the head of what is encrypted, for the loop to judge."""
        try:
            context = encryption.server_context(self.cfg.certfile, self.cfg.keyfile or "")
            conn.came = encryption.heard(conn, context, ending=END_OF_HEAD, longest=LONGEST_HEAD)
        except OSError:
            conn.came = b""
        self.method_queue.defer(self._judge if conn.came else self._drop, conn)

    def _forget(self, conn: Connection) -> None:
        """Its head is whole, or will never be."""
        if conn in self._heads:
            del self._heads[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    # -- where they go ---------------------------------------------------------------------

    def _judge(self, conn: Connection) -> None:
        conn.verdict = None
        conn.asked = asked = asked_by(conn.came)
        if asked is None:
            self.enqueue_req(conn)
        elif asked.path == LIVE and asked.is_only_read:
            if answer := self._guarded(self.refusals.probe, LIVE):
                self._say(conn, answer.bytes_for(asked.method, ""))
            else:
                self.enqueue_req(conn)
        else:
            self._into_line(conn, asked)

    def _into_line(self, conn: Connection, asked: Asked) -> None:
        """Files and probes never come to where the middleware asks for a place, nor wait for one here."""
        has_none = asked.path.startswith(settings.STATIC_URL) or asked.path in PROBES
        line = None if has_none or not self.gate.places else line_for(asked.method, asked.path)
        if line is None:
            self.enqueue_req(conn)
            return
        waiter = Waiter(line=line, let_in=lambda: self._let_in(conn, waiter), who=conn)
        if self.gate.ask(waiter):
            self._let_in(conn, waiter)

    def _let_in(self, conn: Connection, waiter: Waiter) -> None:
        """There is a place. Called by whichever thread has left it."""
        conn.verdict = Verdict(is_let_in=True, waited=time.monotonic() - waiter.since)
        with contextlib.suppress(RuntimeError):  # the threads end, and the process with them
            self.enqueue_req(conn)

    def _send_away_the_late(self) -> None:
        now = time.monotonic()
        for waiter in self.gate.late(now):
            conn, asked, waited = waiter.who, waiter.who.asked, now - waiter.since
            lines = asked.lines()
            answer = (
                self._guarded(self.refusals.refusal, asked, lines, return_after())
                if asked.is_only_read
                else None
            )
            if answer is None:
                # What it sends has to be heard, or it would not hear us: a thread's work.
                conn.verdict = Verdict(is_let_in=False, waited=waited)
                self.enqueue_req(conn)
            else:
                self._send_away(conn, asked, lines, answer, waiter.line.name, waited)

    def _send_away(
        self,
        conn: Connection,
        asked: Asked,
        lines: dict[str, str],
        answer: Answer,
        line: str,
        waited: float,
    ) -> None:
        request_id = named(lines) or uuid.uuid4().hex
        self._say(conn, answer.bytes_for(asked.method, request_id))
        notebook.OF_THIS_PROCESS.note(
            Answered(
                line=line,
                is_shed=True,
                request_id=request_id,
                method=asked.method,
                route="",
                status=503,
                face=face_of(asked.path, is_part="HTTP_HX_REQUEST" in lines),
                seconds=waited,
                waited=waited,
                size=len(answer.body),
            )
        )

    def _say(self, conn: Connection, answer: bytes) -> None:
        """The last that a connection is told."""
        conn.is_closed = True
        self.nr_conns -= 1
        if self.ears is not None:
            self.ears.submit(encryption.said_and_closed, conn.sock, answer)
        else:
            nonblocking_calls.sent_and_closed(conn.sock, answer)

    # -- threads ---------------------------------------------------------------------------

    def handle(self, conn: Any) -> Any:
        """Linger in this thread and not in the loop that serves everybody."""
        if conn.verdict is not None and conn.verdict.is_let_in:
            hold(self.gate)
        decide(conn.verdict)
        try:
            result = super().handle(conn)
        finally:
            decide(None)
            give_place_back()
        if result is False:
            conn.close(graceful=True)
        elif result is True:
            conn.came = conn.parser.unreader.take_buffered()
        return result

    def finish_request(self, conn: Any, fs: Any) -> None:
        """A request that came behind the one just answered is judged as every other."""
        if conn.came and not fs.cancelled() and fs.exception() is None and fs.result() is True:
            if self.has_door and END_OF_HEAD in conn.came:
                self._judge(conn)
            else:
                self._look(conn)
            return
        super().finish_request(conn, fs)

    # -- the loop --------------------------------------------------------------------------

    def notify(self) -> None:
        """Tell the master that we live, once a second: it asks after thirty."""
        if time.monotonic() - self._notified >= NOTIFY_EVERY:
            self._notified = time.monotonic()
            super().notify()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if self.has_door and self.gate.waiting:
            timeout = min(timeout, LOOK_AT_THE_LINES_EVERY)
        super().wait_for_and_dispatch_events(timeout)

    def murder_pending(self) -> None:
        """Send away those whose patience, or ours, is over."""
        super().murder_pending()
        if self.has_door:
            self._send_away_the_late()
        now = time.monotonic()
        for conn in [one for one in self._heads if one.head_until <= now]:
            self._forget(conn)
            if conn.came:
                self._guarded(self.handle_error, None, conn.sock, None, TooSlow())
            self._drop(conn)

    def _guarded(self, call: Callable[..., T], *args: Any) -> T | None:
        """Nothing that fails for one of them may end the loop, which serves everybody."""
        try:
            return call(*args)
        except Exception:
            self.log.exception("The door could not answer.")
            return None

    def set_accept_enabled(self, enabled: bool) -> None:
        """A worker that stops answers whom the kernel has accepted, then lets nobody else in.

        gunicorn leaves the socket open until its last request is answered, and who connects
        meanwhile is reset.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        listeners: list[socket.socket] = self.sockets
        for listener in listeners:
            while self._accept_one(listener):
                pass
            listener.close()
        listeners.clear()
        for conn in self._heads:
            if not conn.came:  # it is connected and asks nothing
                conn.head_until = min(conn.head_until, time.monotonic() + LINGER_SECONDS)

    def run(self) -> None:
        super().run()
        notebook.OF_THIS_PROCESS.finish()
