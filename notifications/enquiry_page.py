"""The contact page: one form, for anybody, in both languages."""

from __future__ import annotations

import re

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.callers import caller_of
from accounts.forms import NOT_TYPED, email
from accounts.views.responses import again
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.text import TextField
from notifications import services
from notifications.models import Enquiry

PAGE = "notifications/contact.html"
NUMBER = re.compile(r"(?:MS-?)?([0-9A-Z]{8})\Z")


class ContactForm(forms.Form):
    """Topic, order, text, and where the answer goes."""

    topic = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[("", gettext_lazy("Please choose")), *Enquiry.Topic.choices],
        error_messages={"required": NOT_TYPED},
    )
    order_number = TextField(
        label=gettext_lazy("Order number"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    email = email()
    text = TextField(
        label=gettext_lazy("Your words"),
        max_length=2000,
        error_messages={"required": NOT_TYPED},
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )

    def clean_order_number(self) -> str:
        typed = "".join(self.cleaned_data["order_number"].upper().split())
        if not typed:
            return ""
        match = NUMBER.match(typed)
        if match is None:
            raise forms.ValidationError(
                _("An order number looks like MS-1A2B3C4D."), code="order_number"
            )
        return f"MS-{match[1]}"


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Ask the shop something; it is told by mail and answers by mail."""
    person = request.user if request.user.is_authenticated else None
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        initial={"email": person.email if person else "", "order_number": request.GET.get("order")},
    )
    if not form.is_bound:
        return render(request, PAGE, {"form": form})
    if not form.is_valid():
        return again(request, PAGE, form)
    try:
        services.ask(
            actor=person,
            data=services.EnquiryData(**form.cleaned_data),
            language=get_language() or "he",
            place=caller_of(request).place,
        )
    except DomainError as refusal:
        add_refusal(form, refusal)
        return again(request, PAGE, form, refusal)
    messages.success(request, _("Thank you. We read it, and answer by e-mail."))
    return redirect("contact")
