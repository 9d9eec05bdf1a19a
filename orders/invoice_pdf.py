"""An order on paper for whoever asks: the issued invoice, before it the confirmation."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from billing.drawing import draw
from billing.papers import StoredPdf
from billing.selectors import stored_invoice
from billing.wording import words_of
from orders.document_content import unissued
from orders.invoice_lines import bill_of
from orders.models import Order


@dataclass(frozen=True, kw_only=True)
class Print:
    """A finished file."""

    name: str
    content: bytes
    etag: str = ""

    def answer(self, request: HttpRequest | None = None) -> HttpResponse:
        """To be shown by the browser; a stored paper may be kept by its owner's browser."""
        response = HttpResponse(self.content, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{self.name}"'
        response["Cache-Control"] = "private, no-cache" if self.etag else "no-store"
        if not self.etag:
            return response
        response["ETag"] = self.etag
        if request is None:
            return response
        same = get_conditional_response(request, etag=self.etag, response=response)
        return response if same is None else same


def print_order(*, order: Order) -> Print:
    """The issued invoice of an order read by `selectors`; before it, the confirmation.

    The same order in the same state and language gives the same bytes. One query; a confirmation
    takes about 20 ms of drawing, never to be done under a lock. Raises DocumentNotDrawn.
    """
    if order.captured_at is not None:
        stored = stored_invoice(order_id=order.pk, language=get_language() or "he")
        if stored is not None:
            return print_stored(stored)
    words = words_of(unissued(order=order, bill=bill_of(order=order)))
    return Print(name=f"mami-{order.order_number}.pdf", content=draw(words))


def print_stored(pdf: StoredPdf) -> Print:
    """A paper as it was stored."""
    return Print(name=f"{pdf.number}.pdf", content=pdf.content, etag=f'"{pdf.sha256}"')
