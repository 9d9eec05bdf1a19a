"""Switching capabilities: the office's page for it, and the one service that writes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from waffle import get_waffle_switch_model

from accounts.models import Role, User
from audit.services import Action, record
from core.capabilities import Capability, is_on, table
from core.errors import NotFound, PermissionRefused
from core.transactions import write_transaction


def switch(*, actor: User, name: str, on: bool) -> None:
    """Switch a capability; every process knows it within ten seconds.

    Raises PermissionRefused for whoever is no admin, NotFound where nothing has that name.
    """
    if actor.role != Role.ADMIN:
        raise PermissionRefused
    if name not in table():
        raise NotFound
    with write_transaction():
        row, _made = get_waffle_switch_model().objects.get_or_create(
            name=name, defaults={"active": table()[name].default}
        )
        before, row.active = row.active, on
        row.save()
        record(
            actor=actor,
            entity_type="switch",
            entity_id=row.pk,
            action=Action.UPDATE,
            old={"name": name, "on": before},
            new={"name": name, "on": on},
        )


def states() -> list[tuple[Capability, bool]]:
    """Every capability, and whether the shop does it now."""
    return [(capability, is_on(capability.name)) for capability in table().values()]


def switches_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Managers look; admins switch."""
    if request.method == "POST":
        name, on = request.POST.get("name", ""), request.POST.get("on") == "1"
        switch(actor=request.user, name=name, on=on)  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("admin:switches"))
    may = getattr(request.user, "role", "") == Role.ADMIN
    return render(request, "admin/switches.html", {**context, "rows": states(), "may": may})
