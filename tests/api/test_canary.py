"""A person made of unique words walks through the shop; then every place is searched for them.

They may stand in the columns that are made for them, and nowhere else: no log line, no audit row,
no message, no job, no key of the caller, no figure.
"""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
import structlog
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.services.passwords import reset_secret
from core import clock, logs, metrics
from notifications import services as notifications
from notifications.models import Message
from payments.services import perform_open_calls
from tests.api_client import ApiClient
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db

WORDS = {
    "name": "Zuzanna Quokkova",
    "email": "zq.canary77@canary-mail.test",
    "phone": "054-718-2943",
    "phone, stored": "+972547182943",
    "street": "Kakapo Lane",
    "floor": "F77q",
    "door": "9X41Q7",
    "instructions": "behind the wombat statue",
    "notes": "ring the glockenspiel",
    "note": "mind the axolotl",
    "password": "correct-horse-canary-1",
    "second password": "correct-horse-canary-2",
    "third password": "correct-horse-canary-3",
    "card": "tok_mastercard",
    "strange card": "tok_canarycanary42",
}
MAY = {
    "accounts_user": {"full_name", "email", "phone"},
    "accounts_mailproof": {"email"},  # where the link went
    "accounts_address": {"line1", "line2", "floor", "door_code", "instructions"},
    "orders_orderdelivery": {"recipient", "phone", "line1", "line2", "floor", "door_code",
                             "instructions", "note"},
    "orders_order": {"notes"},
    "payments_paymenttoken": {"token"},
    # What a checkout between reserve and commit will write into the order.
    "checkout_reservation": {"delivery", "notes"},
}  # fmt: skip


def formatter(*, scrubbing: bool) -> logging.Formatter:
    line = logs.logging_config(level="INFO", pretty=False)["formatters"]["line"]
    steps = [step for step in line["processors"] if scrubbing or step is not logs.scrub]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=line["foreign_pre_chain"], processors=steps
    )


@pytest.fixture
def written():
    """What the log holds with and without its last step."""
    root, streams = logging.getLogger(), (io.StringIO(), io.StringIO())
    handlers = [logging.StreamHandler(stream) for stream in streams]
    for handler, scrubbing in zip(handlers, (True, False), strict=True):
        handler.setFormatter(formatter(scrubbing=scrubbing))
        root.addHandler(handler)
    level = root.level
    root.setLevel(logging.INFO)
    yield streams
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


def walk(shop, secrets: dict[str, str]) -> None:
    """Register, sign in, keep an address and a card, order, be searched for, lose the password."""
    anybody = ApiClient(check=False)
    anybody.client.raise_request_exception = False
    person = {"email": WORDS["email"], "password": WORDS["password"], "full_name": WORDS["name"]}
    pair = anybody.post("/auth/register", {**person, "phone": WORDS["phone"]}).json()["data"]
    anybody.post("/auth/register", person)
    anybody.post("/auth/login", {**person, "password": WORDS["third password"]})
    pair = anybody.post("/auth/login", person).json()["data"]
    secrets.update(access=pair["access_token"], refresh=pair["refresh_token"])
    me = ApiClient(check=False)
    me.headers["Authorization"] = f"Bearer {pair['access_token']}"
    me.patch("/me", {"phone": WORDS["phone"], "full_name": WORDS["name"]})
    home = {
        "label": "home", "line1": f"{WORDS['street']} 3", "city": "Haifa", "postal_code": "3100001",
        "floor": WORDS["floor"], "door_code": WORDS["door"],
        "instructions": WORDS["instructions"], "is_default": True,
    }  # fmt: skip
    assert me.post("/me/addresses", home).status_code == 201
    card = {"provider": "sandbox", "token": WORDS["card"]}
    assert me.post("/me/payment-tokens", card).status_code == 201
    me.post("/me/payment-tokens", {**card, "token": WORDS["strange card"]})
    me.post("/cart/items", {"product_id": shop.product().pk, "quantity": 2})
    checkout = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
                "delivery_date": shop.date.isoformat(), "notes": WORDS["notes"],
                "delivery_note": WORDS["note"], "delivery_preference": "SAFE_PLACE"}  # fmt: skip
    me.post("/checkout/preview", checkout)
    key = {"Idempotency-Key": "canary-1"}
    declined = {**checkout, "payment": {**card, "token": WORDS["strange card"]}}
    assert me.post("/checkout/confirm", declined, headers=key).status_code == 402
    bought = me.post("/checkout/confirm", checkout, headers={"Idempotency-Key": "canary-2"})
    assert bought.status_code == 201, bought.content
    order_id = bought.json()["data"]["order_id"]
    root = ApiClient(shop.person("ADMIN"), check=False)
    for place in ("/ops/orders?q=", "/admin/users?q=", "/products/search?q="):
        root.get(place + WORDS["email"])
        root.get(place + WORDS["street"].replace(" ", "%20"))
    root.get(f"/ops/orders/{order_id}")
    root.get(f"/ops/orders/{order_id}/invoice")
    assert me.post(f"/orders/{order_id}/cancel").status_code == 200
    perform_open_calls(now=clock.now())
    lose_the_password(anybody, me, secrets)


def lose_the_password(anybody: ApiClient, me: ApiClient, secrets: dict[str, str]) -> None:
    from accounts.models import PasswordReset

    me.post("/auth/change-password", {"current_password": WORDS["password"],
                                      "new_password": WORDS["second password"]})  # fmt: skip
    anybody.post("/auth/forgot-password", {"email": WORDS["email"]})
    secrets["reset"] = reset_secret(reset=PasswordReset.objects.latest("pk"))
    browser = Client(raise_request_exception=False)
    page = f"/account/reset/{secrets['reset']}/"
    logging.getLogger("mami").warning("Not Found: %s", page)  # as a library may
    assert browser.get(page).status_code == 200
    browser.get(page.rstrip("/"))  # redirected, and logged
    browser.post("/account/login/", {"email": WORDS["email"], "password": "wrong"})
    browser.get("/search/", {"q": WORDS["name"]})
    anybody.post("/auth/reset-password", {"token": secrets["reset"],
                                          "new_password": WORDS["third password"]})  # fmt: skip
    for message in Message.objects.all():
        notifications.deliver(dedupe_key=message.dedupe_key, now=clock.now())
    logging.getLogger("django.request").warning("from %s", WORDS["email"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_user (email, full_name, role, password) VALUES (%s, %s, %s, '')",
                [WORDS["email"], WORDS["name"], "CUSTOMER"],
            )
    except Exception:
        logging.getLogger("mami").exception("refused by the database")


def hits(words: dict[str, str]) -> set[tuple[str, str, str]]:
    """(word, table, column) of every place of the database that holds one of the words."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
            "AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                if not any(word in json.dumps(json.loads(row), ensure_ascii=False)
                           for word in words.values()):  # fmt: skip
                    continue
                for column, value in json.loads(row).items():
                    text = value if isinstance(value, str) else json.dumps(value)
                    found |= {(w, table, column) for w, v in words.items() if v in text}
    return found


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_person_stands_where_it_does_not_belong(shop, written):
    secrets: dict[str, str] = {}
    walk(shop, secrets)
    words = {**WORDS, **secrets}
    places = hits(words)
    astray = {
        (word, table, column) for word, table, column in places if column not in MAY.get(table, ())
    }
    assert not astray
    assert {"name", "email", "street", "door", "notes", "card"} <= {word for word, *_ in places}
    assert not {word for word, *_ in places} & {"password", "access", "refresh", "reset"}

    scrubbed, bare = (stream.getvalue() for stream in written)
    assert len(scrubbed.splitlines()) > 30
    assert not {word for word, text in words.items() if text in scrubbed}
    assert {"email", "reset"} <= {word for word, text in words.items() if text in bare}

    letters = "\n".join(message.body for message in mail.outbox)
    assert not {w for w in (*secrets, "password", "card", "door") if words[w] in letters} - {
        "reset"
    }
    assert not settings.ADMINS

    told = metrics.exposition().decode()
    assert 'mami_refusals_total{code="INVALID_CREDENTIALS"}' in told
    assert not {word for word, text in words.items() if text in told}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("GET /x?q=Ada%20Levi&limit=5", "GET /x?q&limit"),
        ("/account/reset/abc.def-1/", "/account/reset/[token]/"),
        ("Bearer eyJhbGci.eyJzdWIi.sig", "Bearer [token]"),
        ("eyJhbGci.eyJzdWIi.sig", "[token]"),
        ("to noa+x@mami.test.", "to [e-mail]."),
        ("card 4111 1111 1111 1111 of", "card [number] of"),
        ("call 054-223-4567 or +972542234567", "call [phone] or [phone]"),
        ("tok_visa and pm_1NkLmNopQrStUvWx", "[card] and [card]"),
        ("Failing row contains (1, Noa, 3 HaZait).", "Failing row contains (…)."),
        ("Key (lower(email::text))=(a b) already exists.",
         "Key (lower(email::text))= (…) already exists."),
        ("card_not_forgotten at 2026-11-25T22:32:58.591368Z by 1234567890123-id",
         "card_not_forgotten at 2026-11-25T22:32:58.591368Z by 1234567890123-id"),
        ({"a": ["x@y.test", 7], "b": None}, {"a": ["[e-mail]", 7], "b": None}),
    ],
)  # fmt: skip
def test_scrubbing(text, written):
    assert logs.scrubbed(text) == written


def test_a_foreign_failure_keeps_its_traceback():
    try:
        raise ZeroDivisionError("for noa@mami.test")
    except ZeroDivisionError as error:
        record = logging.makeLogRecord(
            {"msg": "broken", "name": "x", "exc_info": (type(error), error, error.__traceback__)}
        )
    line = json.loads(formatter(scrubbing=True).format(record))
    assert re.search(r"Traceback .*ZeroDivisionError: for \[e-mail\]", line["exception"], re.S)
