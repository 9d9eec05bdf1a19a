"""D15: a person whose every word is unlike any other's does what customers do, and then is looked for.

Nothing of hers may stand in a log (PostgreSQL's own too), in a figure, or in a column that is not hers.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from runtime.run.tests.conftest import Opened, patience, until
from tests.drills.conftest import FIGURES
from tests.drills.page_visit import PageVisit

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad-days")]
HERS = {
    "name": "Qarnit Zweibelkopf",
    "e-mail": "qarnit.zweibel@canary-mail.test",
    "phone": "+972501973648",
    "street": "17 Qanaritweg",
    "door": "QX7731#",
    "note": "behind the purple qanister",
    "password": "qwokka-under-7-zephyrs",
    "wrong": "qwokka-under-8-zephyrs",
    "card": "tok_qanary_4242zweibel",
}
SECRET = ("password", "wrong")
# Where her words belong. Each column is emptied or anonymised when she leaves.
MAY_HOLD = {
    "accounts_user": {"name", "e-mail", "phone", "note"},
    "accounts_mailproof": {"e-mail"},
    "accounts_address": {"street", "door", "note"},
    "orders_orderdelivery": {"name", "phone", "street", "door", "note"},
    "orders_order": {"name", "e-mail", "phone", "note"},
    "notifications_message": {"name", "e-mail", "phone"},
    "billing_document": {"name", "street"},
    "notifications_enquiry": {"name", "e-mail", "phone", "note"},  # typed there by herself
}


class Canary:
    """What she sends; her tokens are hers too."""

    def __init__(self, shop: Opened) -> None:
        self.shop, self.token = shop, ""
        self.tokens: list[str] = []

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.shop.port}/api/v1{path}", method=method, headers=headers,
            data=None if body is None else json.dumps(body).encode(),
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=60 * patience()) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, content = refused.code, refused.read()
        return status, json.loads(content) if content else {}

    def new(self) -> tuple[int, Any]:
        return self.ask(
            "POST", "/auth/register",
            {"email": HERS["e-mail"], "password": HERS["password"], "full_name": HERS["name"]},
        )  # fmt: skip

    def keep(self, answer: Any) -> None:
        self.token = answer["data"]["access_token"]
        self.tokens += [self.token, answer["data"]["refresh_token"]]

    def shops(self) -> None:
        """Everything in which she says something of herself, refusals among it."""
        status, answer = self.new()
        assert status == 201, answer
        self.keep(answer)
        status, _ = self.ask(
            "PATCH", "/me", {"phone": HERS["phone"], "delivery_note": HERS["note"]}
        )
        assert status == 200
        status, found = self.ask(
            "POST", "/me/addresses",
            {"label": "Nest", "line1": HERS["street"], "city": "Haifa", "door_code": HERS["door"],
             "instructions": HERS["note"], "is_default": True},
        )  # fmt: skip
        assert status == 201, found
        address = found["data"]["id"]
        _, found = self.ask("GET", "/products/search?sort=price&limit=1")
        product = found["data"][0]
        _, found = self.ask("GET", "/delivery-slots/available")
        slot = next(one for one in found["data"] if one["is_open"])
        assert (
            self.ask("POST", "/cart/items", {"product_id": product["id"], "quantity": 1})[0] < 300
        )
        for card, allowed in ((HERS["card"], {201, 402, 400, 422}), ("tok_visa", {201})):
            body = {
                "fulfillment_type": "DELIVERY", "address_id": address, "notes": HERS["note"],
                "delivery_slot_id": slot["slot_id"], "delivery_date": slot["date"],
                "payment": {"provider": "sandbox", "token": card},
            }  # fmt: skip
            status, answer = self.ask("POST", "/checkout/confirm", body, key=f"canary-{card[-4:]}")
            assert status in allowed, answer
        # Refused rows, wrong words, broken requests: what a log likes to quote.
        assert self.new()[0] == 409
        wrong = {"email": HERS["e-mail"], "password": HERS["wrong"]}
        self.token, kept = "", self.token
        assert self.ask("POST", "/auth/login", wrong)[0] == 401
        assert self.ask("POST", "/auth/forgot-password", {"email": HERS["e-mail"]})[0] == 202
        assert self.ask("POST", "/auth/reset-password", {"token": "x", "password": HERS["wrong"]})[
            0
        ]
        right = {"email": HERS["e-mail"], "password": HERS["password"]}
        status, answer = self.ask("POST", "/auth/login", right)
        assert status == 200
        self.keep(answer)
        self.token = f"{kept}x"
        assert self.ask("GET", "/me")[0] == 401
        self.token = kept


def browses(shop: Opened) -> None:
    """The same on the shop's pages, after she has an account: with forms, and without."""
    visit = PageVisit(f"http://127.0.0.1:{shop.port}")
    # A stranger still: what she looks for, asks and guesses, and where she goes astray.
    for place in (HERS["name"], HERS["e-mail"], HERS["phone"]):
        visit.go(f"/en/search/?q={quote(place)}")
        visit.go(f"/search/suggest/?q={quote(place)}")
        assert visit.go(f"/en/nobody/{quote(place)}").status_code == 404
    visit.go("/account/reset/" + quote(HERS["wrong"]) + "/")
    visit.go("/en/help/contact/")
    message = f"I am {HERS['name']}, {HERS['phone']}; leave it {HERS['note']}."
    visit.send(having="topic", topic="OTHER", email=HERS["e-mail"], text=message)
    visit.go("/account/register/")
    taken = {"full_name": HERS["name"], "phone": HERS["phone"], "password": HERS["password"]}
    assert visit.send(having="full_name", email=HERS["e-mail"], **taken).status_code == 422
    visit.go("/account/login/")
    visit.send(having="password", email=HERS["e-mail"], password=HERS["wrong"])
    assert visit.send_unasked("/account/login/", {"password": HERS["password"]}).status_code == 403

    visit.go("/account/login/?next=/account/")
    visit.send(having="password", email=HERS["e-mail"], password=HERS["password"])
    assert HERS["name"] in visit.go("/account/").text
    visit.go("/account/profile/")
    assert visit.send(having="full_name", full_name=HERS["name"], phone=HERS["phone"]).ok
    visit.go("/account/addresses/add/")
    where = {"line1": HERS["street"], "city": "Haifa", "door_code": HERS["door"]}
    assert visit.send(having="line1", label="Nest", instructions=HERS["note"], **where).ok
    found = visit.go("/api/v1/products/search?sort=price&limit=1").json()["data"]
    visit.go(f"/en/products/{found[0]['id']}/")
    visit.send(having="product")
    visit.go("/checkout/")
    wish = {"notes": HERS["note"], "delivery_note": HERS["note"]}
    visit.send(having="key", card=f"token:{HERS['card']}", **wish)  # no card of the bank's
    visit.go("/checkout/")
    visit.send(having="key", card="token:tok_visa", **wish)
    assert "/orders/MS-" in visit.page.url, visit.page.text[-3000:]
    assert HERS["street"] in visit.page.text
    visit.go("/account/password/")
    visit.send(having="new_password", current_password=HERS["wrong"], new_password=HERS["wrong"])
    visit.go("/en/help/contact/")
    visit.send(having="topic", topic="OTHER", email=HERS["e-mail"], text=message)
    visit.send_unasked("/cart/items/", {"product_id": HERS["e-mail"], "quantity": "\x00"})


def logs(shop: Opened) -> dict[str, str]:
    """Every log there is, by name."""
    files = [shop.cluster.log, *(path for path in (shop.var / "log").rglob("*") if path.is_file())]
    told = {str(path.relative_to(shop.var)): path.read_text(errors="replace") for path in files}
    return {**told, "stdout": shop.said}


def columns(server: psycopg.Connection, word: str) -> set[tuple[str, str]]:
    """Tables and columns in which it stands, as text or packed into bytes."""
    found = set()
    tables = server.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    likes = [f"%{word}%", f"%{word.encode().hex()}%", f"%{json.dumps(word)[1:-1]}%"]
    for (table,) in tables:
        rows = server.execute(
            sql.SQL(
                "SELECT DISTINCT j.key FROM {} t, LATERAL jsonb_each_text(to_jsonb(t)) j"
                " WHERE t::text LIKE ANY(%s) AND j.value LIKE ANY(%s)"
            ).format(sql.Identifier(table)),
            [likes, likes],
        ).fetchall()
        found |= {(table, column) for (column,) in rows}
    return found


def test_nobody_tells_of_her(shop: Opened) -> None:
    canary = Canary(shop)
    canary.shops()
    browses(shop)
    until(
        lambda: any(HERS["e-mail"] in path.read_text() for path in (shop.var / "mail").glob("*")),
        seconds=60 * patience(),
    )
    hers = HERS | {f"token {n}": token for n, token in enumerate(canary.tokens)}

    assert len(logs(shop)["postgres/server.log"]) > 0
    assert '"event":"request"' in "".join(logs(shop).values())
    for name, text in logs(shop).items():
        assert [what for what, word in hers.items() if word in text] == [], name
    request = urllib.request.Request(
        f"http://127.0.0.1:{shop.port}/metrics", headers={"Authorization": f"Bearer {FIGURES}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        figures = answer.read().decode()
    assert "mami_requests_total" in figures
    assert [what for what, word in hers.items() if word in figures] == []

    with psycopg.connect(shop.cluster.url(), autocommit=True) as server:
        wrong = [
            f"{what} in {table}.{column}"
            for what, word in hers.items()
            for table, column in sorted(columns(server, word))
            if what not in MAY_HOLD.get(table, ())
        ]
        assert wrong == []
        assert ("accounts_user", "email") in columns(server, HERS["e-mail"]), (
            "it finds what is there"
        )

    # Letters to herself say her name; none says a password or a card.
    letters = "".join(p.read_text(errors="replace") for p in (shop.var / "mail").iterdir())
    assert [what for what in (*SECRET, "card") if HERS[what] in letters] == []


def test_a_log_that_is_not_quiet_tells_of_her(shop: Opened) -> None:
    """The control: PostgreSQL's own settings write the row that it refused."""
    with psycopg.connect(shop.cluster.url(), autocommit=True) as server:
        row = f"INSERT INTO branches_branch SELECT * FROM branches_branch /* {HERS['e-mail']} */"

        def refused() -> None:
            with pytest.raises(psycopg.errors.UniqueViolation):
                server.execute(row)

        def tells() -> bool:
            return HERS["e-mail"] in shop.cluster.log.read_text(errors="replace")

        refused()
        assert not tells()
        server.execute("SET log_min_error_statement TO 'error'")
        refused()
        until(tells, seconds=20 * patience())
