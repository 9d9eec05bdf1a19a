"""What a person wants to be told, the link that switches a mail off, what gateways say."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.services.bounces import take_mail_fate
from core import clock
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.typed_requests import PersonRequest
from notifications import selectors, services
from notifications.events import EVENTS, GROUPS
from notifications.forms import PreferencesForm, name_of
from notifications.mail_events import read_events
from notifications.models import Channel
from notifications.sms import ADAPTERS, gateway
from notifications.sms.port import Callback
from notifications.unsubscribing import read_token

PAGE = "notifications/preferences.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """One table: a row an event, a column a channel, quiet hours below."""
    found = selectors.preferences_of(actor=request.user)
    hours = found.hours
    form = PreferencesForm(
        request.POST if request.method == "POST" else None,
        initial={
            "quiet": hours is not None,
            "begins": f"{hours[0]:%H:%M}" if hours else "22:00",
            "on_shabbat": found.on_shabbat,
            "ends": f"{hours[1]:%H:%M}" if hours else "07:00",
        },
    )
    status = 200
    if form.is_bound and form.is_valid():
        now = {one.event.name: one.channels for one in found.events}
        try:
            services.change_preferences(
                actor=request.user, wishes=form.wishes(now=now), now=clock.now(), face="PAGES"
            )
        except DomainError as refusal:
            add_refusal(form, refusal, names={"quiet_hours": "begins"})
        else:
            messages.success(request, _("Saved."))
            return redirect("notifications:preferences")
    if form.is_bound:
        status = 422
    groups = [
        {
            "label": label,
            "rows": [
                {"one": one, "boxes": [_box(one, channel) for channel in ("EMAIL", "SMS")]}
                for one in found.events
                if one.event.group == group
            ],
        }
        for group, label in GROUPS.items()
    ]
    context = {"form": form, "groups": [group for group in groups if group["rows"]]}
    return render(request, PAGE, context, status=status)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail: GET shows a button and changes nothing, POST switches off (RFC 8058)."""
    read = read_token(token)
    if read is None:
        raise Http404
    user_id, name, channel = read
    event = EVENTS.get(name)
    if event is None or event.is_duty(channel):
        raise Http404
    done = request.method == "POST"
    if done:
        services.switch_off(user_id=user_id, event=name, channel=channel, now=clock.now())
    return render(request, "notifications/unsubscribe.html", {"event": event, "done": done})


@csrf_exempt
@require_POST
def sms_receipt(request: HttpRequest, adapter: str) -> HttpResponse:
    """What a gateway says became of a message; unsigned is refused, unknown changes nothing."""
    if adapter not in ADAPTERS:
        raise Http404
    callback = Callback(
        url=request.build_absolute_uri(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        form=request.POST.dict(),
    )
    try:
        receipt = gateway(adapter).receipt(callback)
    except PermissionError:
        return HttpResponseForbidden()
    if receipt is not None:
        services.take_receipt(receipt=receipt, now=clock.now())
    return HttpResponse(status=200)


@csrf_exempt
@require_POST
def mail_receipt(request: HttpRequest, provider: str) -> HttpResponse:
    """What the mail provider says became of letters; unsigned is refused, unknown changes nothing."""
    try:
        events = read_events(request, provider=provider)
    except PermissionError:
        return HttpResponseForbidden()
    except ValueError:
        return HttpResponse(status=400)
    for email, fate in events:
        take_mail_fate(email=email, fate=fate)
    return HttpResponse(status=200)


def _box(one: selectors.Wanted, channel: str) -> dict[str, object]:
    return {
        "name": name_of(one.event.name, channel),
        "label": Channel(channel).label,
        "there": channel in one.channels,
        "on": one.channels.get(channel, False),
        "fixed": one.event.is_duty(channel),
    }
