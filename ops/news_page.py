"""The managers' screen of letters of offers: written, read once more, sent to who agreed."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.clock import now as clock_now
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.long_lists import BoundedPaginator
from core.text import validate_text
from core.typed_requests import PersonRequest
from notifications import selectors, services
from notifications.news_models import TEXT_LENGTH, TITLE_LENGTH
from notifications.services import NewsData

A_PAGE = 20


class NewsForm(forms.Form):
    title_he = forms.CharField(
        label=gettext_lazy("title (Hebrew)"), max_length=TITLE_LENGTH, validators=[validate_text]
    )
    title_en = forms.CharField(
        label=gettext_lazy("title (English)"), max_length=TITLE_LENGTH, validators=[validate_text]
    )
    text_he = forms.CharField(
        label=gettext_lazy("text (Hebrew)"), max_length=TEXT_LENGTH, validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    text_en = forms.CharField(
        label=gettext_lazy("text (English)"), max_length=TEXT_LENGTH, validators=[validate_text],
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def news(request: PersonRequest) -> HttpResponse:
    """A new letter, and those of before."""
    form = NewsForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.write_news(actor=request.user, data=NewsData(**form.cleaned_data))
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Kept. Read it once more before you send it."))
            return redirect("ops:news")
    page = BoundedPaginator(selectors.news(), A_PAGE).get_page(request.GET.get("page"))
    agreed = selectors.readers_of_offers()
    context = {
        "form": form, "page": page,
        "by_mail": agreed.get("MARKETING_EMAIL", 0), "by_sms": agreed.get("MARKETING_SMS", 0),
    }  # fmt: skip
    return render(request, "ops/news.html", context, status=422 if form.is_bound else 200)


@require_POST
def news_send(request: PersonRequest, news_id: int) -> HttpResponse:
    """Send it to who agreed, once."""
    row = services.send_news(actor=request.user, news_id=news_id, now=clock_now())
    said = ngettext("%(n)d message goes out.", "%(n)d messages go out.", row.owed) % {"n": row.owed}
    messages.success(request, said)
    return redirect("ops:news")
