"""Logging: JSON lines in production, readable lines while developing."""

from __future__ import annotations

import datetime as dt
import logging
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import Any

import orjson
import structlog

OURS = frozenset({"timestamp", "level", "logger", "request_id"})
MASKS: list[tuple[re.Pattern[str], Any]] = [
    (re.compile(r"\?[^\s\"'#]+"), lambda found: _names_only(found[0])),
    (re.compile(r"/account/reset/[^/\s\"']+"), "/account/reset/[token]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?"), "[token]"),
    (re.compile(r"(?i)\bbearer\s+[^\s\"',]+"), "Bearer [token]"),
    (re.compile(r"\b(?:tok_\w+|(?:pm|card|src)_[A-Za-z0-9]{14,})"), "[card]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"), "[number]"),
    (re.compile(r"(?<![\w.])(?:\+972|0)[ -]?5\d[ -]?\d{3}[ -]?\d{4}(?!\d)"), "[phone]"),
    # PostgreSQL quotes the row that a constraint refused.
    (re.compile(r"(Failing row contains|Key \([^=]*\)=) ?\(.*?\)(?=[. \n]|$)"), r"\1 (…)"),
]
"""What no line may hold, whoever writes it: query values, tokens, cards, e-mails, phones, rows."""


PlainLine = dict[str, str | float | None]


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """structlog's, with a short way for what `tell_all` writes."""

    def format(self, record: logging.LogRecord) -> str:
        if (lines := record.__dict__.get("plain")) is not None:
            return "\n".join([orjson.dumps(line).decode() for line in lines])
        return super().format(record)


class ReadableFormatter(structlog.stdlib.ProcessorFormatter):
    """structlog's, for people who develop: each line of `tell_all` in its turn."""

    def format(self, record: logging.LogRecord) -> str:
        lines = record.__dict__.get("plain")
        if lines is None:
            return super().format(record)
        each = [copy(record) for _ in lines]
        for one, line in zip(each, lines, strict=True):
            one.msg = line
        return "\n".join([super(ReadableFormatter, self).format(one) for one in each])


def stamped(
    logger: logging.Logger, event: str, at: float, **values: str | float | None
) -> PlainLine:
    """A line for `tell_all`, of that moment."""
    return {
        "timestamp": dt.datetime.fromtimestamp(at, dt.UTC).isoformat().replace("+00:00", "Z"),
        "level": "info",
        "logger": logger.name,
        "event": event,
        **values,
    }


def tell_all(logger: logging.Logger, lines: Sequence[PlainLine]) -> None:
    """Write lines of the shop's own words and of numbers, which nothing has to be scrubbed from, by one write.

    There is one for each request: the way through structlog and over every mask costs a cheap request a tenth.
    """
    if not lines or not logger.isEnabledFor(logging.INFO):
        return
    record = logging.LogRecord(logger.name, logging.INFO, "", 0, lines[0], None, None)
    # The last two for whoever formats it as structlog does.
    record.__dict__.update(plain=lines, _logger=logger, _name="info")
    logger.handle(record)


def scrub(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """The last step before a line is written, over everything but the shop's own marks."""
    return {key: value if key in OURS else scrubbed(value) for key, value in line.items()}


def scrubbed(value: Any) -> Any:
    """`value` without what MASKS name, inside lists and mappings too."""
    if isinstance(value, str):
        for pattern, mask in MASKS:
            value = pattern.sub(mask, value)
        return value
    if isinstance(value, Mapping):
        return {key: scrubbed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(inner) for inner in value]
    return value if isinstance(value, int | float | bool | None) else scrubbed(str(value))


def _names_only(query: str) -> str:
    """`?q=ada&limit=5` as `?q&limit`: what was asked, and not for whom."""
    names = [part.partition("=")[0] for part in query[1:].split("&")]
    return "?" + "&".join(name[:40] for name in names if name)


def logging_config(*, level: str, pretty: bool) -> dict[str, Any]:
    """Django's LOGGING with structlog's formatter."""
    renderer = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": ReadableFormatter if pretty else LineFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,  # of other people's loggers
                    scrub,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Its own handler, or gunicorn would print its own way.
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
            # Refusals have their request's line already; what failed is an error.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": ["console"], "propagate": False},
            # Its client tells of every request, and of every one that failed; the shop tells of outages once.
            "opensearch": {"level": "ERROR"},
            # They list every job at each start of each command.
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
        },
    }


def tell_all_as_lines() -> None:
    """Warnings, and what ends the process or a thread of it, are lines of the log too."""
    logging.captureWarnings(True)
    sys.excepthook = _died
    threading.excepthook = lambda how: _died(how.exc_type, how.exc_value, how.exc_traceback)


def _died(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("mami").critical("process_failed", exc_info=(kind, error, trace))
