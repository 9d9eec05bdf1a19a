"""Secrets that stand in files: `NAME_FILE` names the file whose text is the value of `NAME`."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

NAMES = (
    "SECRET_KEY", "SECRET_KEY_FALLBACKS", "JWT_KEYS", "DATABASE_URL", "REPLICA_URL", "REDIS_URL",
    "MAMI_METRICS_TOKEN", "EMAIL_HOST_PASSWORD", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET",
    "SEARCH_OPENSEARCH_PASSWORD", "SMS_TOKEN", "SMS_SECRET",
    "BACKUP_IDENTITY", "S3_SECRET_KEY", "SENTRY_DSN",
)  # fmt: skip
# A process that has read them hands the values on; its children must not ask about the files again.
DONE = "MAMI_SECRETS_READ"


class SecretUnreadable(Exception):
    """One sentence about one variable, never with its value."""


def read(environ: MutableMapping[str, str] = os.environ) -> None:
    """Put the text of each named file, less one final newline, into its variable.

    Raises SecretUnreadable: both set, file unreadable, empty or no text.
    """
    done = set(environ.get(DONE, "").split())
    for name in NAMES:
        path = environ.pop(f"{name}_FILE", "")
        if not path or name in done:
            continue
        if environ.get(name):
            raise SecretUnreadable(f"{name} and {name}_FILE are both set; keep one of them.")
        environ[name] = _text(name, Path(path))
        done.add(name)
    if done:
        environ[DONE] = " ".join(sorted(done))


def _text(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise SecretUnreadable(
            f"{name}_FILE names a file that cannot be read ({error.strerror}); repair the path or "
            "its rights."
        ) from error
    except UnicodeDecodeError as error:
        raise SecretUnreadable(f"{name}_FILE names a file that is not UTF-8 text.") from error
    if not text.strip():
        raise SecretUnreadable(f"{name}_FILE names an empty file; put the secret into it.")
    return text
