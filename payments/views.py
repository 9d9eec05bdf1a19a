"""The saved cards of a customer, and the page of the sandbox's bank."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.form_refusals import add_refusal
from core.htmx import is_htmx, redirect_to
from core.typed_requests import PersonRequest
from payments import services
from payments.cards import CardToken
from payments.errors import PaymentUnavailable
from payments.forms import SANDBOX_CARDS, CardForm
from payments.services import bank


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def cards(request: PersonRequest) -> HttpResponse:
    """The saved cards, and one more."""
    actor = request.user
    form = CardForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        card = CardToken(provider=settings.PAYMENT_PROVIDER, token=form.cleaned_data["token"])
        try:
            services.save_token(actor=actor, card=card)
        except DomainError as refusal:
            add_refusal(form, refusal, "token")
        else:
            messages.success(request, _("The card is saved."))
            return redirect("payments:cards")
    context = {
        "form": form,
        "cards": services.tokens_of(user_id=actor.pk),
        "has_card_page": services.has_card_page(),
        "sandbox_cards": SANDBOX_CARDS if settings.PAYMENT_PROVIDER == "sandbox" else [],
    }
    return render(request, "payments/cards.html", context, status=422 if form.errors else 200)


@require_POST
def delete(request: PersonRequest, token_id: int) -> HttpResponse:
    """Forget a card."""
    services.delete_token(actor=request.user, token_id=token_id)
    messages.success(request, _("The card is deleted."))
    return redirect("payments:cards")


@require_POST
def make_default(request: PersonRequest, token_id: int) -> HttpResponse:
    """Make a card the one checkout proposes."""
    services.set_default_token(actor=request.user, token_id=token_id)
    return redirect("payments:cards")


@never_cache
@require_POST
def add(request: PersonRequest) -> HttpResponse:
    """On to the provider's page, where the number of a card is typed."""
    return to_card_page(request, back=reverse("payments:cards"))


def to_card_page(request: PersonRequest, *, back: str, then: str = "") -> HttpResponse:
    """With a script at once, else by a link: a form may not lead to another site (form-action)."""
    try:
        url = services.begin_card(actor=request.user, then=then)
    except PaymentUnavailable as refusal:
        messages.error(request, str(refusal.message))
        url = back
    else:
        if not is_htmx(request):
            return render(request, "payments/card_page.html", {"url": url, "back": back})
    return redirect_to(request, url)


@never_cache
@require_safe
def added(request: PersonRequest) -> HttpResponse:
    """Back from the provider's page, with a card or without."""
    session = request.GET.get("session", "")
    if session:
        try:
            services.finish_card(actor=request.user, session=session)
        except PaymentUnavailable as refusal:
            messages.error(request, str(refusal.message))
        else:
            messages.success(request, _("The card is saved."))
    return redirect("checkout:page" if request.GET.get("then") == "checkout" else "payments:cards")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sandbox_bank(request: HttpRequest, reference: str) -> HttpResponse:
    """Where the sandbox sends cardholders to confirm a payment, as a real bank does elsewhere."""
    if request.method != "POST":
        asked = bank.question(reference=reference)
        return render(request, "payments/sandbox_bank.html", {"asked": asked})
    asked = bank.decide(reference=reference, yes=request.POST.get("answer") == "yes")
    return redirect(f"{reverse('checkout:back')}?{urlencode({'order': asked.order_number})}")
