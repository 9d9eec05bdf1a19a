"""Statements of docs/security.md that are nobody else's to prove: what a GET may write, what becomes of
passwords that people type, what a fresh database holds, where one signs out.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from accounts import forms as account_forms
from accounts.models import Role, User
from accounts.tests.factories import with_password
from core import clock
from core.rights import methods_of
from mami.rights import RIGHTS
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
WRITE = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\s+(?:ONLY\s+)?"?(\w+)', re.I)
# What may be written on the way to an answer, because it says nothing of what the shop is about.
OWN_BUSINESS = {
    "mami_cache",  # limits on asking
    "django_session",  # the page that a message was shown on, the window of a sign-in
    "accounts_signin",  # when it was seen last
    "cart_cartslothold",
}
ANSWERS_A_LINK = {
    "checkout:back",  # the bank sends its cardholder here, with a GET: what was asked for is finished
}


def addresses(values: dict[str, Any]) -> list[str]:
    """Every page and call that can be read, at things that exist."""
    found = []
    for route in RIGHTS:
        if "GET" not in methods_of(route) or route in ANSWERS_A_LINK:
            continue
        for kwargs in ({}, *({name: value} for name, value in values.items())):
            try:
                found.append(reverse(route, kwargs=kwargs))
                break
            except NoReverseMatch:
                continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ADMIN])
def test_reading_changes_nothing(role: str) -> None:
    with open_with_sandbox() as shop:
        milk, ada = shop.product(), shop.customer()
        order = shop.order(ada, {milk: 1})
        shop.fill(ada, {milk: 2})
        browser = Client()
        browser.force_login(ada if role == Role.CUSTOMER else shop.person(role))
        paths = addresses(
            {
                "number": order.order_number, "order_id": order.pk, "product_id": milk.pk,
                "pk": milk.pk, "slug": shop.category.slug, "code": "corner", "branch_id": shop.branch.pk,
            }
        )  # fmt: skip
        wrote, answered = [], 0
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                answered += browser.get(path).status_code == 200
            for statement in seen.captured_queries:
                found = WRITE.match(statement["sql"])
                if found and found[1] not in OWN_BUSINESS:
                    wrote.append((path, statement["sql"][:120]))
        assert not wrote
        assert answered > 40, f"of {len(paths)} that were asked"


class TestPasswordFields:
    def fields(self) -> list[forms.Field]:
        return [
            field
            for made in vars(account_forms).values()
            if isinstance(made, type) and issubclass(made, forms.BaseForm)
            for name, field in getattr(made, "base_fields", {}).items()
            if "password" in name
        ]

    def test_are_masked_and_managers_can_fill_them(self) -> None:
        fields = self.fields()
        assert len(fields) >= 4
        for field in fields:
            assert isinstance(field.widget, forms.PasswordInput)
            assert not field.widget.render_value, "it is never sent back"
            assert field.widget.attrs["autocomplete"] in ("current-password", "new-password")
            assert int(field.widget.attrs.get("maxlength", 128)) >= 128

    def test_nothing_listens_to_pasting(self) -> None:
        scripts = list(Path(settings.BASE_DIR, "static", "js").rglob("*.js"))
        assert scripts
        ours = [path for path in scripts if "vendor" not in path.parts]
        assert [
            path.name for path in ours if re.search(r"['\"](?:paste|copy)['\"]", path.read_text())
        ] == []


class TestTypedPasswords:
    TYPED = "  Gxkq-4 lemons, " + "ל" * 109 + "  "

    def sign_in(self, who: User, password: str) -> bool:
        words = {"email": who.email, "password": password}
        return Client().post("/account/login/", words).status_code == 302

    def test_count_as_they_were_typed(self) -> None:
        who = with_password()
        assert len(self.TYPED) == 128
        who.set_password(self.TYPED)
        who.save()
        assert self.sign_in(who, self.TYPED)
        for other in (self.TYPED.strip(), self.TYPED.lower(), self.TYPED[:72], self.TYPED[:-1]):
            assert not self.sign_in(who, other)

    def test_are_good_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        who = with_password()
        who.set_password(self.TYPED)
        who.save()
        later = clock.now() + dt.timedelta(days=3650)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert self.sign_in(who, self.TYPED)


def test_a_fresh_database_has_no_account() -> None:
    assert not User.objects.exists()


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.EMPLOYEE, Role.MANAGER, Role.ADMIN])
def test_signing_out_is_one_step_from_every_page(role: str) -> None:
    browser, account = Client(), reverse("accounts:home")
    browser.force_login(with_password(role))
    pages = ["/", "/account/security/", account]
    pages += ["/orders/", "/lists/"] if role == Role.CUSTOMER else ["/ops/"]
    for page in pages:
        assert f'href="{account}"' in browser.get(page).content.decode(), page
    assert f'action="{reverse("accounts:logout")}"' in browser.get(account).content.decode()
    assert browser.post(reverse("accounts:logout")).status_code == 302
    assert browser.get(account).status_code == 302


@pytest.mark.parametrize("folder", ["/static/", "/static/css/", "/media/", "/media/products/"])
def test_no_folder_is_listed(client: Client, folder: str) -> None:
    assert client.get(folder).status_code == 404


def test_a_browser_keeps_nothing_of_a_person() -> None:
    """What the packing screen keeps until it is sent: ids, states and reasons of an order's lines."""
    scripts = Path(settings.BASE_DIR, "static", "js").rglob("*.js")
    keeping = {
        path.name
        for path in scripts
        if "vendor" not in path.parts
        and re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", path.read_text())
    }
    assert keeping == {"picking.js"}
