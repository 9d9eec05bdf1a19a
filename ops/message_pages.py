"""The managers' screens of messages: the log, and how each event reads."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.long_lists import BoundedPaginator
from core.typed_requests import PersonRequest
from notifications import selectors, services
from notifications.events import EVENTS
from notifications.letters import compose, short_text
from notifications.models import Channel, Message
from notifications.sms.measure import measured
from ops.message_log import with_orders
from orders.made_up_order import sample_context

A_PAGE = 50


class LogForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("all")), *Message.State.choices],
        required=False,
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        choices=[("", gettext_lazy("all")), *Channel.choices],
        required=False,
    )
    event = forms.ChoiceField(
        label=gettext_lazy("Event"),
        choices=[
            ("", gettext_lazy("all")),
            *((event.name, event.label) for event in EVENTS.values()),
        ],
        required=False,
    )


@never_cache
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """What people were told, failures first."""
    form = LogForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = selectors.failures_first(selectors.messages(**wanted))
    page = BoundedPaginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = with_orders(list(page.object_list))
    labels = {event.name: event.label for event in EVENTS.values()}
    for row in rows:
        row.message.label = labels.get(row.message.kind, row.message.kind)  # type: ignore[attr-defined]
    return render(request, "ops/messages.html", {"form": form, "rows": rows, "page": page})


@require_POST
def message_resend(request: PersonRequest, message_id: int) -> HttpResponse:
    """Send a failed one once more."""
    try:
        services.resend(actor=request.user, message_id=message_id)
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("It will be sent once more."))
    return redirect("ops:messages")


@never_cache
@require_safe
def message_preview(request: HttpRequest) -> HttpResponse:
    """How an event reads in both languages on each of its channels, with made-up data."""
    event = EVENTS.get(request.GET.get("event", ""), EVENTS["order_confirmed"])
    views = []
    for language in ("he", "en"):
        context = sample_context(event=event.name)
        letter = compose(
            event=event, context=context, language=language, to="shopper@example.org",
            user_id=0, dedupe_key="preview",
        )  # fmt: skip
        text = (
            short_text(event=event, context=context, language=language)
            if event.sms is not None
            else ""
        )
        units, parts, is_gsm = measured(text)
        views.append(
            {
                "language": language,
                "letter": letter,
                "sms": text,
                "units": units,
                "parts": parts,
                "alphabet": "GSM-7" if is_gsm else "UCS-2",
            }
        )
    context = {"event": event, "events": EVENTS.values(), "views": views}
    return render(request, "ops/message_preview.html", context)


@never_cache
@xframe_options_sameorigin
@require_safe
def message_letter(request: HttpRequest, event: str, language: str) -> HttpResponse:
    """The HTML of a made-up letter, for the sandboxed frame of the preview."""
    if event not in EVENTS or language not in ("he", "en"):
        raise Http404
    letter = compose(
        event=EVENTS[event], context=sample_context(event=event), language=language,
        to="shopper@example.org", user_id=0, dedupe_key="preview",
    )  # fmt: skip
    answer = HttpResponse(letter.html)
    answer["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return answer
