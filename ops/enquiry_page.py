"""The managers' screen of what people ask on the contact page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.clock import now as clock_now
from core.long_lists import BoundedPaginator
from core.typed_requests import PersonRequest
from notifications import selectors, services

A_PAGE = 50
WHICH = {"open": False, "answered": True}


class EnquiriesForm(forms.Form):
    which = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("all")),
            ("open", gettext_lazy("not answered yet")),
            ("answered", gettext_lazy("answered")),
        ],
        required=False,
    )


@never_cache
@require_safe
def enquiry_list(request: HttpRequest) -> HttpResponse:
    """What waits for an answer first."""
    form = EnquiriesForm(request.GET)
    which = form.cleaned_data["which"] if form.is_valid() else ""
    found = selectors.enquiries(answered=WHICH.get(which))
    page = BoundedPaginator(found, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "ops/enquiries.html", {"form": form, "page": page})


@require_POST
def enquiry_answered(request: PersonRequest, enquiry_id: int) -> HttpResponse:
    """Somebody has answered it."""
    services.note_answered(actor=request.user, enquiry_id=enquiry_id, now=clock_now())
    messages.success(request, _("Noted."))
    return redirect("ops:enquiries")
