"""How gunicorn serves the shop: threads that finish what they have in hand when asked to stop.

    gunicorn -c gunicorn.conf.py mami.wsgi

Two workers of eight database connections (DATABASE_POOL_SIZE) fit two cores: so many requests are
worked on at once. Threads are many, because one that waits costs next to nothing: for a connection,
for a slow client, for the payment provider, for its turn at a product everybody wants. At most a
quarter of them waits for the provider (PAYMENT_CALLS_AT_ONCE) and half for such a turn
(CONFIRMS_WAITING), so that the shelves stay open meanwhile. A machine asks the database for
WEB_WORKERS * DATABASE_POOL_SIZE connections, and the background worker for about ten more.
"""

import os
import shutil

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from mami import embedded, environment
from mami.embedded import processes

worker_class = "mami.serving.Worker"  # gthread, with refusals in the shop's own words
workers = int(os.environ.get("WEB_WORKERS") or 2)
_pool = int(os.environ.setdefault("DATABASE_POOL_SIZE", "8") or 0)
# Without a pool each thread has a connection of its own.
threads = int(os.environ.get("WEB_THREADS") or (256 if _pool else 6))
os.environ.setdefault("PAYMENT_CALLS_AT_ONCE", str(max(2, threads // 4)))
os.environ.setdefault("CONFIRMS_WAITING", str(max(1, threads // 2)))

bind = f"{os.environ.get('MAMI_HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
timeout = 30
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_SECONDS") or 25)
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
control_socket_disable = True
if os.path.isdir("/dev/shm"):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108
accesslog = None  # each request is one structured line of the application's own log
errorlog = "-"
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES") or "127.0.0.1"

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
    """The embedded database, where it is the one in use, before the first worker."""
    global _database
    if not embedded.is_used():
        return
    if not any(os.environ.get(name) == "1" for name in ("MAMI_EMBEDDED", "DEBUG")):
        environment.stop(
            "DATABASE_URL is not set; name the database, or set MAMI_EMBEDDED=1 for the embedded one."
        )
    _database = embedded.held_if_used()
    _database.__enter__()


def child_exit(server: Arbiter, worker: Worker) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    shutil.rmtree(_figures, ignore_errors=True)
    if _database is not None:
        _database.__exit__(None, None, None)
