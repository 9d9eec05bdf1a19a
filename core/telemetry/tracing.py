"""A span for each request, by OTLP over HTTP (`OTEL_EXPORTER_OTLP_ENDPOINT` and its kin are the library's).

Imported only by `core.telemetry.reporting`, where an endpoint is set.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util.types import Attributes

TOLD = frozenset(
    {
        "http.method", "http.request.method", "http.route", "http.scheme", "url.scheme",
        "http.status_code", "http.response.status_code", "error.type", "exception.type",
    }
)  # fmt: skip
"""What a span may say. Addresses, queries, agents and whose computer it was are not among it."""


def start(*, node: str, revision: str) -> None:
    """Trace what this process answers from now on."""
    told = {"service.instance.id": node, "service.version": revision}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        told["service.name"] = "mami"
    provider = TracerProvider(resource=Resource.create(told))
    provider.add_span_processor(BatchSpanProcessor(WithoutPeople(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()


class WithoutPeople(SpanExporter):
    """Hands on to another exporter what TOLD names."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([_without_people(span) for span in spans])

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


def _without_people(span: ReadableSpan) -> ReadableSpan:
    route = (span.attributes or {}).get("http.route")
    method = (span.name or "HTTP").partition(" ")[0]
    return ReadableSpan(
        name=f"{method} {route}" if route else method,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=_told(span.attributes),
        events=[
            Event(event.name, _told(event.attributes), event.timestamp) for event in span.events
        ],
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _told(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name in TOLD}
