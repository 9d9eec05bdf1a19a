"""Every link in every message leads to a page that is there, for whoever the message is for."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import services as accounts
from accounts.contact_models import MailProof
from accounts.models import Device, PasswordReset, User
from accounts.services.mail_proofs import owe
from accounts.tests.factories import person
from core import clock
from core.transactions import write_transaction
from lists import services as lists
from lists.models import ListMember
from notifications import services
from notifications.events import BY_STATUS, EVENTS, context_maker
from notifications.letters import compose, short_text
from notifications.services import NewsData
from orders.change_models import OrderQuestion
from orders.models import Order
from orders.problem_models import ProblemReport
from standing import services as standing
from standing.models import Occurrence
from standing.tests.conftest import set_up
from tests.shop import Shop, open_with_sandbox
from waiting.models import State, WaitingEntry

pytestmark = pytest.mark.django_db
LINK = re.compile(re.escape(settings.SITE_URL) + r"(/[^\s\"<>]*)")
ELSEWHERE = {"order_document"}
"""Its links are to files, which the tests of papers ask for."""


@pytest.fixture
def shop(db: None) -> Any:
    with open_with_sandbox() as opened:
        yield opened


def of_orders(shop: Shop, ada: User) -> dict[str, dict[str, Any]]:
    order, now = shop.order(ada), clock.now()
    one, item = {"order_id": order.pk}, order.items.get()
    question = OrderQuestion.objects.create(
        order=order, item=item, asked_at=now, answer_until=now + dt.timedelta(hours=1)
    )
    report = ProblemReport.objects.create(
        order=order, user=ada, key="k", body_hash="h", created_at=now
    )
    unpaid = shop.order(ada)
    unpaid.payment.asked_at = now
    unpaid.payment.save()
    keys: dict[str, dict[str, Any]] = {
        name: one
        for name in EVENTS
        if name.startswith("order_") and name not in {*BY_STATUS.values(), *ELSEWHERE}
    }
    keys |= {name: {**one, "status": status} for status, name in BY_STATUS.items()}
    keys |= {name: {**one, "version": order.version} for name in ("order_changed", "order_window")}
    keys |= {
        "substitute_question": {**one, "question_id": question.pk},
        "refund_issued": {**one, "refund_id": 0},
        "recall_notice": {**one, "item_id": item.pk, "reason_he": "זכוכית", "reason_en": "Glass"},
        "order_hold_failed": {"order_id": unpaid.pk},
    }
    return keys | {name: {**one, "problem_id": report.pk} for name in EVENTS if "problem" in name}


def of_an_account(ada: User) -> dict[str, dict[str, Any]]:
    now = clock.now()
    accounts.forgot_password(email=ada.email, now=now)
    device = Device.objects.create(user=ada, family="Chrome on Android", last_seen_at=now)
    kinds = {"VERIFY": "verify", "CHANGE": "email_change", "TAKE_BACK": "email_changed"}
    with write_transaction():
        for kind in kinds:
            owe(user=ada, kind=kind, email=ada.email, now=now)
    proofs = {row.kind: row.pk for row in MailProof.objects.filter(user=ada)}
    found = {f"account_{name}": {"proof_id": proofs[kind]} for kind, name in kinds.items()}
    return found | {
        "account_password_reset": {"reset_id": PasswordReset.objects.get().pk},
        "account_password_changed": {"user_id": ada.pk, "at": now.isoformat()},
        "account_new_sign_in": {"device_id": device.pk},
        "account_guarded": {"user_id": ada.pk},
        "account_second_factor_reset": {"user_id": ada.pk},
        "account_erased": {},
    }


def of_the_rest(shop: Shop, ada: User) -> dict[str, dict[str, Any]]:
    now = clock.now()
    weekly = set_up(shop, ada=ada)
    standing.make_draft(**weekly.key, now=now)
    date = {"occurrence_id": weekly.one().pk}
    made = lists.create_list(actor=person(), name="Sunday")
    member = ListMember.objects.create(list_id=made.pk, user=ada, joined_at=now)
    entry = WaitingEntry.objects.create(
        user=ada, product=shop.product(), state=State.OFFERED, created_at=now, offered_at=now
    )
    accounts.set_consent(actor=ada, kind="MARKETING_EMAIL", given=True, now=now)
    letter = services.write_news(
        actor=shop.manager(),
        data=NewsData(
            title_he="תותים", title_en="Strawberries", text_he="במבצע", text_en="On offer"
        ),
    )
    return {
        "standing_upcoming": date,
        "standing_asked": date,
        "standing_failed": {**date, "reason": "PAYMENT_DECLINED"},
        "list_invited": {"member_id": member.pk},
        "waiting_offer": {"entry_id": entry.pk},
        "news": {"news_id": letter.pk, "user_id": ada.pk, "channel": "EMAIL"},
    }


def test_every_link_in_every_message_leads_somewhere(shop: Shop) -> None:
    ada = shop.customer()
    User.objects.filter(pk=ada.pk).update(email_verified=True)
    ada.refresh_from_db()
    keys = of_orders(shop, ada) | of_an_account(ada) | of_the_rest(shop, ada)
    assert set(keys) == set(EVENTS) - ELSEWHERE
    browser = Client()
    browser.force_login(ada)
    for name, known in keys.items():
        event, status = EVENTS[name], known.get("status")
        if status:
            Order.objects.filter(pk=known["order_id"]).update(status=status)
        if name == "standing_asked":
            Occurrence.objects.filter(pk=known["occurrence_id"]).update(state="ASKED")
        context = {**context_maker(name)(**known), "person": ada}
        for language in ("he", "en"):
            letter = compose(
                event=event, context=context, language=language, to=ada.email, user_id=ada.pk,
                dedupe_key="k",
            )  # fmt: skip
            text = (
                short_text(event=event, context=context, language=language)
                if event.sms is not None
                else ""
            )
            links = set(LINK.findall(f"{letter.text} {letter.html} {text}"))
            assert links or name in ("account_second_factor_reset", "account_erased"), name
            for link in sorted(links):
                answer = browser.get(link.replace("&amp;", "&"), follow=True)
                assert answer.status_code == 200, (name, language, link)
                assert not any("login" in way for way, _status in answer.redirect_chain), link
