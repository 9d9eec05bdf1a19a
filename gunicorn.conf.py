"""How gunicorn serves the shop: threads that finish what they have in hand when asked to stop.

    gunicorn -c gunicorn.conf.py mami.wsgi

Two workers of eight database connections (DATABASE_POOL_SIZE) fit two cores: so many requests are
worked on at once; who waits for one of them waits at the door, without a thread (`runtime.admission_worker`).
Threads are many all the same, because one that waits costs next to nothing: for the rest of a body,
for the payment provider, for its turn at a product everybody wants. At most a
quarter of them waits for the provider (PAYMENT_CALLS_AT_ONCE) and half for such a turn
(CONFIRMS_WAITING), so that the shelves stay open meanwhile. A machine asks the database for
WEB_WORKERS * DATABASE_POOL_SIZE connections, and the background worker for about ten more.
"""

import contextlib
import ipaddress
import os
import queue
import shutil
import signal
import time
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from core.logs import logging_config, tell_all_as_lines
from runtime import closed_doors, embedded, encryption, environment, file_rights, probes, production
from runtime.embedded import processes

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mami.settings")  # the worker class asks for it
env = environment.load(Path(__file__).resolve().parent)
file_rights.close_to_others()
production.refuse()
try:
    file_rights.secure(embedded.var_folder())
    if embedded.is_used():
        embedded.cluster().settle()
except (OSError, embedded.EmbeddedError) as _error:
    environment.stop(f"the folder {embedded.var_folder()} cannot be used: {_error}")

worker_class = "runtime.serving.Worker"  # gthread, with refusals in the shop's own words
workers = env.int("WEB_WORKERS", default=0) or 2
_pool = env.int("DATABASE_POOL_SIZE", default=8)
os.environ["DATABASE_POOL_SIZE"] = str(_pool)
# Without a pool each thread has a connection of its own.
threads = env.int("WEB_THREADS", default=0) or (256 if _pool else 6)
os.environ.setdefault("PAYMENT_CALLS_AT_ONCE", str(max(2, threads // 4)))
os.environ.setdefault("CONFIRMS_WAITING", str(max(1, threads // 2)))

_host = env.str("MAMI_HOST", default="") or "127.0.0.1"
_port = env.int("PORT", default=8000)
if not 0 < _port < 65536:
    environment.stop(f"PORT={_port} is not a port; choose a number from 1 to 65535.")
bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
# Over TLS where this machine has a certificate, for an nginx on another.
certfile = env.str("TLS_CERTIFICATE", default="") or None
keyfile = env.str("TLS_KEY", default="") or None
if certfile:
    try:
        encryption.server_context(certfile, keyfile or "")
    except encryption.CertificateUnusable as _error:
        environment.stop(str(_error))
timeout = 30
graceful_timeout = env.int("WEB_GRACEFUL_SECONDS", default=25)
keepalive = 5
max_requests = env.int("WEB_MAX_REQUESTS", default=20_000)
max_requests_jitter = max_requests // 10
limit_request_line = 8190
control_socket_disable = True
if os.path.isdir("/dev/shm"):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = None  # each request is one structured line of the application's own log
errorlog = "-"
logconfig_dict = logging_config(
    level=env.str("LOG_LEVEL", default="INFO"), pretty=env.bool("DEBUG", default=False)
)
tell_all_as_lines()
umask = 0o027
# A socket has no address: gunicorn believes whoever comes by one. It takes networks without bits of a host.
_proxies = [
    one for one in env.list("TRUSTED_PROXIES", default=[]) if one.strip() not in ("", "unix")
]
forwarded_allow_ips = (
    ",".join(str(ipaddress.ip_network(one.strip(), strict=False)) for one in _proxies)
    or "127.0.0.1"
)

_database = None
# The web processes count for /metrics in files of one folder, which lives as long as this master.
# It must be there before the code is loaded. Masters that were killed have left theirs.
_figures = embedded.var_folder() / "metrics" / str(os.getpid())
for _left in _figures.parent.glob("*"):
    if not (_left.name.isdecimal() and processes.exists(int(_left.name))):
        shutil.rmtree(_left, ignore_errors=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)
_figures.mkdir(parents=True, exist_ok=True)


def on_starting(server: Arbiter) -> None:
    """No left uploads, the embedded database where it is the one in use, and the shop, before anybody may connect."""
    global _database
    file_rights.empty_uploads(embedded.var_folder())
    if embedded.is_used():
        _database = embedded.held_if_used()
        _database.__enter__()
    _load(server)


def _load(server: Arbiter) -> None:
    """Whoever came while a worker still loads the shop would wait for it, and a proxy would go on sending
    people here. The workers have it from the fork.
    """
    server.app.wsgi()
    from django.db import connections
    from django.urls import get_resolver

    list(get_resolver().url_patterns)  # whatever serves is loaded with its address
    for database in connections.all(initialized_only=True):
        database.close()
        database.close_pool()  # type: ignore[attr-defined]  # a connection has one process


_drain_seconds = env.float("WEB_DRAIN_SECONDS", default=5.0)
closed_doors.shut_before_stopping()
_stop = Arbiter.stop


def _drained(arbiter: Arbiter, graceful: bool = True) -> None:
    """Say that we stop, go on serving until whoever asks about it has heard, and only then stop."""
    if graceful:
        probes.say_stopping()
        until = time.monotonic() + _drain_seconds
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                if arbiter.SIG_QUEUE.get(timeout=left) in (signal.SIGINT, signal.SIGQUIT):
                    break
    _stop(arbiter, graceful)


Arbiter.stop = _drained


def child_exit(server: Arbiter, worker: Worker) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    for _ in range(50):
        shutil.rmtree(_figures, ignore_errors=True)
        if not _figures.exists():
            break
        time.sleep(0.02)  # somebody who was still counting has left a file behind our back
    if _database is not None:
        _database.__exit__(None, None, None)
