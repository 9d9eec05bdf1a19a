"""Reading the environment: one clear sentence and exit code 2 for whatever is wrong with it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any, NoReturn

import environ

POOL_SECONDS = 10
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
        except (ValueError, TypeError):
            stop(f"the environment variable {var} has a malformed value; see .env.example.")

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        """A yes or a no; a slip such as `ture` stops us instead of counting as no."""
        value = str(self.get_value(var, cast=str, default=default)).strip().lower()
        if value not in YES | NO:
            stop(f"the environment variable {var} is neither 1 nor 0; see .env.example.")
        return value in YES


def load(base_dir: Path) -> Environment:
    """The environment with `.env` beneath it. A line of `.env` that is no assignment stops us."""
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
    return Environment()


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
    mami.database).
    """
    text = env.str("DATABASE_URL", default="")
    if not text:
        from mami.embedded import Cluster

        text = Cluster(var / "postgres").url()
    config: dict[str, Any] = environ.Env.db_url_config(text)
    options = config.setdefault("OPTIONS", {})
    if not config.get("ENGINE", "").endswith("postgresql") or not config.get("NAME"):
        stop(
            "DATABASE_URL is not the address of a PostgreSQL database; write it as "
            "postgresql://user:password@host:5432/name."
        )
    config["HOST"] = options.pop("host", config.get("HOST", ""))
    config["PORT"] = options.pop("port", config.get("PORT", ""))
    options.setdefault("connect_timeout", 5)
    options.setdefault("tcp_user_timeout", 5000)  # ms; a database that vanishes answers nothing
    config["CONN_MAX_AGE"] = 0
    config["CONN_HEALTH_CHECKS"] = True
    config["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("DATABASE_PGBOUNCER", default=False)
    if size := env.int("DATABASE_POOL_SIZE", default=0):
        options["pool"] = {
            "min_size": 1,
            "max_size": size,
            "timeout": POOL_SECONDS,
            "max_idle": 300,
        }
    return config


def cache(env: Environment) -> dict[str, Any]:
    """Redis through REDIS_URL, else counters in our own PostgreSQL, atomic across workers."""
    if location := env.str("REDIS_URL", default=""):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location}
    return {"BACKEND": "mami.cache.PostgresCache", "LOCATION": "mami_cache"}
