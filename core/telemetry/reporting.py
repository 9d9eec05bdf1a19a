"""Errors to Sentry, traces to an OpenTelemetry collector: each only where its address is set.

Neither package is imported otherwise. Both stand in `requirements-reporting.txt`, which a shop that wants
them installs beside the rest. What leaves the machine passes here: no bodies, no people, no addresses, no
query values, and the scrubber of the log over every word.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from core.logs import scrubbed
from core.telemetry.request_lines import NODE

PACKAGES = "pip install --require-hashes -r requirements-reporting.txt"
_KEPT_OF_A_REQUEST = ("method",)
_BREADCRUMBS = 20


class PackageMissing(Exception):
    """The sentence names the variable that asks for it, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """`sentry_dsn` and `otlp_endpoint` are empty where nobody is told; `revision` says which code runs."""

    sentry_dsn: str = ""
    otlp_endpoint: str = ""
    revision: str = ""


def start(to: Destination) -> None:
    """Tell whoever is named in `to`, from now on. Raises PackageMissing."""
    if to.sentry_dsn:
        _import("sentry_sdk", asked_by="SENTRY_DSN")
        _report_errors(to)
    if to.otlp_endpoint:
        _import("opentelemetry.sdk", asked_by="OTEL_EXPORTER_OTLP_ENDPOINT")
        from core.telemetry import tracing

        tracing.start(node=NODE, revision=to.revision)


def without_people(event: dict[str, Any], _hint: Any = None) -> dict[str, Any]:
    """Sentry's `before_send`: the event without anybody's data."""
    asked = event.get("request") or {}
    event.pop("user", None)
    event["request"] = {name: asked[name] for name in _KEPT_OF_A_REQUEST if name in asked}
    return {name: scrubbed(value) for name, value in event.items()}


def _report_errors(to: Destination) -> None:
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=to.sentry_dsn,
        release=to.revision or None,
        server_name=NODE,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(transaction_style="url")],
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=_BREADCRUMBS,
        before_send=without_people,  # type: ignore[arg-type]
        traces_sample_rate=None,
        auto_session_tracking=False,
    )


def _import(package: str, *, asked_by: str) -> None:
    try:
        importlib.import_module(package)
    except ImportError as error:
        raise PackageMissing(
            f"{asked_by} is set, but {package} is not installed; run {PACKAGES}, or unset it."
        ) from error
