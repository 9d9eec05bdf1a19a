"""“Where to?”: the place a visitor lives in, and the page about all places we deliver to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches import areas
from branches.areas import Destination
from branches.chosen_place import choose_place, destination, forget_place
from core.errors import NotFound
from core.next_pages import page_or
from core.numbers import WholeNumberField
from core.text import SoughtField, validate_text

UNKNOWN = gettext_lazy("We do not know this place. Choose one of the list.")


class PlaceForm(forms.Form):
    """A place by its name, or by its code where it was chosen from a list."""

    city = SoughtField(
        label=gettext_lazy("Where to?"),
        max_length=60,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(
            attrs={
                "class": "input",
                "autocomplete": "address-level2",
                "dir": "auto",
                "list": "served-places",
                "data-places": reverse_lazy("api:localities"),
            }
        ),
    )
    code = WholeNumberField(min_value=1, max_value=2**31 - 1, required=False)

    def place(self) -> Destination | None:
        """The one that is meant; None, with the reason at the field, where nobody knows it."""
        if not self.is_valid():
            return None
        code, city = self.cleaned_data["code"], self.cleaned_data["city"]
        if code is None and not city:
            self.add_error("city", _("Please give the city."))
            return None
        try:
            found = areas.destination_of(code=code, city=city)
        except NotFound:
            found = None
        if found is None or found.locality is None:
            self.add_error("city", UNKNOWN)
            return None
        return found


@require_safe
@never_cache
def areas_page(request: HttpRequest) -> HttpResponse:
    """Where we deliver, on which terms; with `city` the answer for one place."""
    if "city" not in request.GET and "code" not in request.GET:
        return _page(request, PlaceForm())
    form = PlaceForm(request.GET)
    found = form.place()
    return _page(request, form, found=found, status=200)


@require_POST
@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """Remember where the visitor lives; `forget` asks again. What nobody knows is asked about."""
    back = page_or(request, request.POST.get("next", ""), reverse("home"))
    if "forget" in request.POST:
        forget_place(request)
        return redirect(back)
    form = PlaceForm(request.POST)
    found = form.place()
    if found is None or found.locality is None:
        return _page(request, form, status=422)
    choose_place(request, found.locality)
    if not found.is_served:
        text = _("Not to %(place)s yet. You can pick up your order at a branch.")
        messages.warning(request, text % {"place": found.locality.name})
    return redirect(back)


def _page(
    request: HttpRequest, form: PlaceForm, *, found: Destination | None = None, status: int = 200
) -> HttpResponse:
    typed = str(form["city"].value() or "")
    near: list[Any] = []
    if form.is_bound and found is None and typed:
        near = areas.suggestions(city=typed[:60])
    context = {
        "form": form,
        "found": found,
        "near": near,
        "to": destination(request),
        "areas": areas.shown_areas(),
    }
    return render(request, "branches/areas.html", context, status=status)
