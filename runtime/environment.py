"""Reading the environment: one clear sentence and exit code 2 for whatever is wrong with it."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import secrets
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

import environ

from runtime import secrets_from_files

POOL_SECONDS = 10
REPLICA_POOL_SECONDS = 2
# A pool doubles its pauses between tries until this is over, then begins anew with whoever asks. By itself it goes on
# for minutes: after 16 seconds without a primary it would not look again before 31.
RECONNECT_SECONDS = 5
# A machine that vanishes says nothing more. Who sends notices by the first, in milliseconds; who waits for an answer
# only by asking whether anybody is there, which Linux does after two hours.
VANISHED = {
    "tcp_user_timeout": 5000, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
}  # fmt: skip
A_YEAR = "public, max-age=31536000, immutable"  # names of pictures are drawn, never used twice
PREPARED_AFTER = 2  # times that one connection has been asked a statement
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def stop(sentence: str) -> NoReturn:
    """End the process with one sentence that says what is wrong and what to do."""
    print(f"mami: {sentence}", file=sys.stderr)
    raise SystemExit(2)


class Environment(environ.Env):
    """django-environ whose malformed and missing values stop the start instead of tracing back."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except environ.ImproperlyConfigured:
            stop(f"the environment variable {var} is not set; see .env.example.")
        except (ValueError, TypeError, ArithmeticError):
            stop(f"the environment variable {var} has a malformed value; see .env.example.")

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        """A yes or a no; a slip such as `ture` stops us instead of counting as no."""
        value = str(self.get_value(var, cast=str, default=default)).strip().lower()
        if value not in YES | NO:
            stop(f"the environment variable {var} is neither 1 nor 0; see .env.example.")
        return value in YES

    def between(self, var: str, *, default: Any, least: Any, most: Any) -> Any:
        """A number of the default's kind; one out of bounds stops us."""
        value = self.get_value(var, cast=type(default), default=default)
        if not (math.isfinite(value) and least <= value <= most):
            stop(
                f"the environment variable {var} is not between {least} and {most}; see .env.example."
            )
        return value

    def one_of(self, var: str, *, default: str, choices: Collection[str]) -> str:
        """One of a few words; any other stops us."""
        value = str(self.get_value(var, cast=str, default=default))
        if value not in choices:
            stop(
                f"the environment variable {var} is none of {', '.join(choices)}; see .env.example."
            )
        return value

    def vat_class(self, var: str) -> str:
        """The class of what is charged beside goods; an unknown one would have no VAT at all."""
        return self.one_of(var, default="STANDARD", choices=("STANDARD", "ZERO"))


def load(base_dir: Path) -> Environment:
    """The environment with `.env` beneath it, and the secrets that stand in files.

    A line of `.env` that is no assignment stops us, as does a secret that cannot be read.
    """
    path = base_dir / ".env"
    if path.exists():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            stop(f"cannot read {path}: make it a readable UTF-8 text file or remove it.")
        for number, line in enumerate(lines, start=1):
            text = line.strip().removeprefix("export ")
            if (
                text
                and not text.startswith("#")
                and not text.partition("=")[0].strip().isidentifier()
            ):
                stop(f"line {number} of {path} is not NAME=value; correct it (see .env.example).")
        environ.Env.read_env(str(path))
    try:
        secrets_from_files.read()
    except secrets_from_files.SecretUnreadable as error:
        stop(str(error))
    return Environment()


def in_parts(address: str) -> SplitResult:
    """An address taken apart; what is none (a bracket that is not closed, a port that is no number) has no
    parts, and whoever needs them refuses it.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def three_numbers(text: str, name: str) -> tuple[int, int, int]:
    """What a variable such as `7,5,12` says."""
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        stop(f"the environment variable {name} has a malformed value; see .env.example.")
    days, weeks, months = (int(part) for part in parts)
    return days, weeks, months


def secret_key(env: Environment, var: Path, *, may_generate: bool) -> str:
    """SECRET_KEY from the environment, or from its file, or (where allowed) made once."""
    if key := env.str("SECRET_KEY", default=""):
        return str(key)
    path = var / "secret_key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    if not may_generate:
        stop("SECRET_KEY is not set; put a long random value into the environment or .env.")
    try:
        var.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"secret_key.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        # Several processes may start at once: the first link stands, and nobody reads half a key.
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    except OSError as error:
        stop(f"cannot write to {var} ({error.strerror}); make it writable or set MAMI_VAR.")
    return path.read_text(encoding="ascii").strip()


def database(env: Environment, var: Path) -> dict[str, Any]:
    """Django's database settings: DATABASE_URL, else the embedded server's socket.

    DATABASE_POOL_SIZE is set by gunicorn.conf.py for web workers: each keeps up to that many
    connections, and requests wait for one in the order in which they came, POOL_SECONDS at most.
    Everything else connects when it needs to. Nothing here is a session setting, so PgBouncer in
    transaction mode may stand in between; lock waits are limited in the database itself (see
    core.database).

    The server binds values, so that a statement is the same text whatever it asks for, and what a
    connection asks again is prepared (core.prepared_statements); DATABASE_PREPARE=0 leaves both. PgBouncer knows prepared
    statements since 1.21, so behind one they are prepared only with DATABASE_PREPARE=1.
    """
    text = env.str("DATABASE_URL", default="")
    if not text:
        from runtime.embedded import Cluster

        text = Cluster(var / "postgres").url()
    return _server(env, "DATABASE_URL", text)


def replica(env: Environment) -> dict[str, Any]:
    """The server that REPLICA_URL names, as Django's database `replica`; nothing without one."""
    text = env.str("REPLICA_URL", default="")
    if not text:
        return {}
    config = _server(env, "REPLICA_URL", text)
    config["TEST"] = {"MIRROR": "default"}
    if pool := config["OPTIONS"].get("pool"):
        # None are kept where none are used, and whoever gets none soon reads from the primary.
        pool |= {"min_size": 0, "timeout": REPLICA_POOL_SECONDS}
    return {"replica": config}


def _server(env: Environment, variable: str, text: str) -> dict[str, Any]:
    try:
        config: dict[str, Any] = environ.Env.db_url_config(text)
    except ValueError:  # a bracket that is not closed, a port that is no number
        config = {}
    options = config.setdefault("OPTIONS", {})
    if not config.get("ENGINE", "").endswith("postgresql") or not config.get("NAME"):
        stop(
            f"{variable} is not the address of a PostgreSQL database; write it as "
            "postgresql://user:password@host:5432/name."
        )
    config["HOST"] = options.pop("host", config.get("HOST", ""))
    config["PORT"] = options.pop("port", config.get("PORT", ""))
    options.setdefault("connect_timeout", 5)
    for name, value in VANISHED.items():
        options.setdefault(name, value)
    config["CONN_MAX_AGE"] = 0
    config["CONN_HEALTH_CHECKS"] = True
    bouncer = env.bool("DATABASE_PGBOUNCER", default=False)
    config["DISABLE_SERVER_SIDE_CURSORS"] = bouncer
    if env.bool("DATABASE_PREPARE", default=not bouncer):
        from core.prepared_statements import PlanningCursor

        options["server_side_binding"] = True
        options["cursor_factory"] = PlanningCursor
        options["prepare_threshold"] = PREPARED_AFTER
    if size := env.int("DATABASE_POOL_SIZE", default=0):
        from core.watchman import WatchedConnection

        options["pool"] = {
            "connection_class": WatchedConnection,
            "min_size": 1,
            "max_size": size,
            "timeout": POOL_SECONDS,
            "reconnect_timeout": RECONNECT_SECONDS,
            "max_idle": 300,
        }
    return config


def cache(env: Environment) -> dict[str, Any]:
    """Redis through REDIS_URL, and counters in our own PostgreSQL without it and while it is silent."""
    if location := env.str("REDIS_URL", default=""):
        return {
            "BACKEND": "core.redis_cache.RedisCache",
            "LOCATION": location,
            "KEY_PREFIX": "mami",
        }
    return {"BACKEND": "core.cache.PostgresCache", "LOCATION": "mami_cache"}


def storages(env: Environment, var: Path) -> dict[str, dict[str, Any]]:
    """Where uploads are kept: in folders of MAMI_VAR, or with MEDIA_STORAGE=s3 in a bucket.

    What anybody may see lies below `media` there, what needs a right below `private`.
    """
    kind = env.str("MEDIA_STORAGE", default="files")
    if kind == "files":
        files = "core.whole_files.WholeFileStorage"
        return {
            "default": {"BACKEND": files},
            "private": {"BACKEND": files, "OPTIONS": {"location": var / "private"}},
        }
    if kind != "s3":
        stop("MEDIA_STORAGE is neither files nor s3.")
    if importlib.util.find_spec("storages") is None or importlib.util.find_spec("boto3") is None:
        stop(
            "MEDIA_STORAGE=s3 needs its packages: pip install --require-hashes -r requirements-s3.txt"
        )
    bucket = {
        "access_key": env.str("S3_ACCESS_KEY"),
        "secret_key": env.str("S3_SECRET_KEY"),
        "bucket_name": env.str("S3_BUCKET"),
        "endpoint_url": env.str("S3_ENDPOINT", default="") or None,
        "region_name": env.str("S3_REGION", default="us-east-1"),
    }
    public = {**bucket, "location": "media", "object_parameters": {"CacheControl": A_YEAR}}
    if address := env.str("S3_PUBLIC_URL", default="").rstrip("/"):
        parts = in_parts(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            stop("S3_PUBLIC_URL is no address such as https://pictures.shop.example.")
        public |= {
            "custom_domain": address.partition("://")[2],
            "url_protocol": f"{parts.scheme}:",
        }
    backend = "core.bucket_storage.BucketStorage"
    return {
        "default": {"BACKEND": backend, "OPTIONS": public},
        "private": {"BACKEND": backend, "OPTIONS": {**bucket, "location": "private"}},
    }


def pictures_origin(env: Environment) -> list[str]:
    """From where browsers fetch public pictures, where that is not the shop itself."""
    if env.str("MEDIA_STORAGE", default="files") != "s3":
        return []
    address = env.str("S3_PUBLIC_URL", default="") or env.str("S3_ENDPOINT", default="")
    parts = in_parts(address or "https://*.amazonaws.com")
    return [f"{parts.scheme}://{parts.netloc}"]


def opensearch(env: Environment) -> dict[str, Any]:
    """Where OpenSearch is and how it is asked; an empty URL means that there is none.

    A user's password may stand in the URL or in SEARCH_OPENSEARCH_PASSWORD, and never goes over http.
    """
    url = env.str("SEARCH_OPENSEARCH_URL", default="").rstrip("/")
    password = env.str("SEARCH_OPENSEARCH_PASSWORD", default="")
    parts = in_parts(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        stop("SEARCH_OPENSEARCH_URL is no address such as https://user@search.example:9200.")
    if parts.scheme == "http" and (parts.password or password):
        stop("SEARCH_OPENSEARCH_URL would send a password over http; make it https.")
    return {
        "URL": url,
        "PASSWORD": password or None,
        "CA": env.str("SEARCH_OPENSEARCH_CA", default="") or None,
        "PREFIX": env.str("SEARCH_OPENSEARCH_PREFIX", default="mami"),
        "TIMEOUT_MS": env.int("SEARCH_OPENSEARCH_TIMEOUT_MS", default=500),
    }
