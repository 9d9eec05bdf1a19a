"""Every form that is sent after its session had ended: what was typed is in it after the sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from accounts.models import User
from core.bodies import FORM_LIMIT
from core.clock import now, shop_date
from core.form_filling import TICKED, Control, Form, forms_of
from core.kept_forms import NEVER_KEPT, owner_mark
from core.rights import Right, methods_of, right_for
from ops.tests.test_disputes import contested
from orders.models import Order
from orders.tests.test_problems import delivered, said, tell
from orders.tests.test_transitions import move
from search.models import RuleKind, SearchRule
from stockrequests.models import StockRequest
from stockrequests.services import file_request
from tests.hostile_input.test_pages import real
from tests.hostile_input.values import page_routes
from tests.shop import Shop, open_with_sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECRET = "of nobody's business"
TYPED_IN = {"text", "textarea", "search", "tel", "email", "number", "date", "time", "url"}


@dataclass(kw_only=True)
class Rich:
    """A shop with orders in many states, and who looks at them."""

    shop: Shop
    ada: User
    mia: User
    root: User
    orders: list[Order]
    known: dict[str, Any]


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def rich(shop: Shop) -> Rich:
    ada, mia = shop.customer(), shop.manager()
    arrived = delivered(shop, user=ada)
    waiting = tell(arrived, *said(arrived, photo=False))
    dispute = contested(shop)[1]
    picked = shop.order(ada, {shop.product(): 1, shop.weighed(): 1})
    weighing = shop.order(ada, {shop.weighed(): 1})
    for order in (picked, weighing):
        move(mia, order, "IN_PROGRESS")
    filed(shop, mia)
    open_one = shop.order(ada)
    shop.fill(ada, {shop.product(): 1})
    known = {
        "problem_id": waiting.pk, "dispute_id": dispute.pk, "customer_id": ada.pk,
        "address_id": ada.addresses.get().pk, "date": shop_date(now()).isoformat(),
    }  # fmt: skip
    orders = [open_one, picked, weighing, arrived]
    return Rich(shop=shop, ada=ada, mia=mia, root=shop.person("ADMIN"), orders=orders, known=known)


def filed(shop: Shop, actor: User) -> None:
    """A request of the staff that waits for a manager."""
    file_request(
        actor=actor,
        branch_id=shop.branch.pk,
        product_id=shop.product().pk,
        request_type=StockRequest.Type.SET_QUANTITY,
        quantity=Decimal(3),
        reason="counted twice",
        now=now(),
    )


def addresses(rich: Rich, rights: set[Right]) -> list[str]:
    """The pages that may be looked at, those of an order once for each order."""
    found = []
    for name, pattern in page_routes():
        if "GET" not in methods_of(name) or right_for(name, "GET") not in rights:
            continue
        for order in rich.orders if "number" in pattern.pattern.converters else rich.orders[:1]:
            known = {
                **rich.known,
                "number": order.order_number,
                "item_id": order.items.order_by("pk")[0].pk,
            }
            found.append(reverse(name, kwargs=real(pattern, known)))
    return found


def office(rich: Rich) -> list[str]:
    """The forms of the office: a new row and a row of every table, and its own pages."""
    SearchRule.objects.create(kind=RuleKind.SAME)
    found = [
        reverse("admin:payments_settlement_day", args=[rich.known["date"]]),
        reverse("admin:inventory_import"),
        reverse("admin:inventory_transfer"),
    ]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        try:
            found.append(reverse(f"{name}_add"))
        except NoReverseMatch:
            continue
        if row := model._base_manager.first():
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


def typed_in(form: Form) -> list[Control]:
    return [one for one in form.controls if one.kind in TYPED_IN and one.name]


def is_for_signed_in(path: str) -> bool:
    """Whether a stranger's form is refused there."""
    route = resolve(path).view_name
    return route.startswith("admin:") or right_for(route, "POST") not in (None, Right.PUBLIC)


def sent(form: Form) -> tuple[dict[str, list[str]], list[str]]:
    """What a browser sends of it, with a word of its own in each field; the words to be kept."""
    data: dict[str, list[str]] = {}
    words = []
    for place, control in enumerate(form.controls):
        if control.kind == "password":
            data[control.name] = [SECRET]
        elif control.kind == "hidden":
            data.setdefault(control.name, []).append(control.value)
        elif control in typed_in(form):
            data.setdefault(control.name, []).append(f"kept word {place} <b>")
            if not NEVER_KEPT.fullmatch(control.name):
                words.append(f"kept word {place} &lt;b&gt;")
    return data, words


def late(page: str, form: Form, target: str, owner: User) -> tuple[Client, list[str]]:
    """A browser that has sent it without a session."""
    client = Client(headers={"Accept-Language": "en", "Referer": f"http://testserver{page}"})
    data, words = sent(form)
    answer = client.post(target, data)
    assert answer["Location"].startswith("/account/login/?next="), (page, target)
    assert SECRET not in str(dict(client.session.items())), (page, target)
    client.force_login(owner)
    return client, words


def try_all(user: User, pages: list[str]) -> dict[str, int]:
    """Send every form of these pages too late; how many words came back, by the route they went to."""
    reader = Client(headers={"Accept-Language": "en"}, raise_request_exception=False)
    reader.force_login(user)
    kept: dict[str, int] = {}
    tried = set()
    for page in pages:
        answer = reader.get(page)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        for form in forms_of(answer.content.decode()):
            for target in {urlsplit(urljoin(page, one)).path for one in form.targets}:
                route = resolve(target).view_name
                like = route, *sorted({one.name for one in typed_in(form)})
                if like in tried or not is_for_signed_in(target):
                    continue
                tried.add(like)
                kept[route] = max(came_back(page, form, target, user), kept.get(route, 0))
    return kept


def came_back(page: str, form: Form, target: str, user: User) -> int:
    client, words = late(page, form, target, user)
    html = client.get(page).content.decode()
    missing = [word for word in words if word not in html]
    assert not missing, (page, target, [one.name for one in typed_in(form)], missing)
    if words and "checkout" not in target:
        assert words[0] not in client.get(page).content.decode(), "given back once"
    return len(words)


def test_of_customers(rich: Rich) -> None:
    kept = try_all(rich.ada, addresses(rich, {Right.ANY, Right.CUSTOMER}))
    with_words = {
        "changes:change", "orders:problem_report", "accounts:profile", "accounts:address",
        "accounts:address_add", "accounts:email", "notifications:preferences",
    }  # fmt: skip
    assert with_words <= {route for route, words in kept.items() if words}


def test_of_the_staff(rich: Rich) -> None:
    pages = addresses(rich, {Right.EMPLOYEE, Right.MANAGER})
    kept = try_all(rich.mia, pages)
    with_words = {
        "ops:change", "ops:reslot", "ops:refund", "ops:problem", "ops:dispute", "ops:note",
        "ops:customer_note", "ops:customer_order", "ops:status", "ops:scan", "ops:answer",
        "stockrequests:mine", "stockrequests:decide",
    }  # fmt: skip
    assert with_words <= {route for route, words in kept.items() if words}, kept


def test_of_the_office(rich: Rich) -> None:
    kept = try_all(rich.root, office(rich))
    with_words = {
        "admin:inventory_transfer", "admin:search_searchrule_add",
        "admin:search_searchrule_change", "admin:catalog_product_change",
    }  # fmt: skip
    assert with_words <= {route for route, words in kept.items() if words}, kept


def test_every_address_that_takes_a_form_leads_over_the_sign_in(rich: Rich) -> None:
    """Whatever is typed, where a page has no such form just now too: kept without secrets."""
    secret = dict.fromkeys(("password", "new_password", "code", "card", "key", "api_token"), SECRET)
    typed = {"form_owner": owner_mark(rich.ada), "notes": "ripe, please", **secret}
    number = rich.orders[0].order_number
    tried = 0
    for name, pattern in page_routes():
        if "POST" not in methods_of(name) or right_for(name, "POST") is Right.PUBLIC:
            continue
        client = Client()
        answer = client.post(reverse(name, kwargs=real(pattern, {"number": number})), typed)
        assert answer["Location"].startswith("/account/login/?next=/"), name
        assert client.session["kept_form"]["typed"] == {"notes": ["ripe, please"]}, name
        tried += 1
    assert tried > 60


def test_what_is_secret_is_known_by_its_name(rich: Rich) -> None:
    """Every field of a password, and of a code by mail or telephone, has a name that is never kept."""
    pages = ["/account/password/", "/account/email/", "/account/erase/", "/account/phone/",
             "/account/second-factor/", "/account/data/export/", "/account/login/"]  # fmt: skip
    client = Client()
    client.force_login(rich.ada)
    fields = [
        control
        for page in pages
        for form in forms_of(client.get(page).content.decode())
        for control in form.controls
        if control.kind == "password" or "one-time" in str(control.attributes.get("autocomplete"))
    ]
    assert len(fields) > 5
    assert [one.name for one in fields if not NEVER_KEPT.fullmatch(one.name)] == []


@pytest.mark.parametrize("size", [100, 3 * FORM_LIMIT])
def test_what_stands_beside_photographs(rich: Rich, size: int) -> None:
    """Files are written nowhere and read no further than a form may be long; the words come back."""
    page = f"/orders/{rich.orders[3].order_number}/problem/"
    client = Client(headers={"Referer": f"http://testserver{page}"})
    client.cookies["sessionid"] = "ended"
    photo = SimpleUploadedFile("leak.jpg", b"x" * size, "image/jpeg")
    mark = owner_mark(rich.ada)
    client.post(page, {"form_owner": mark, "comment": "all wet", "photo_1": photo})
    assert client.session["kept_form"]["typed"] == {"comment": ["all wet"]}
    assert "leak" not in str(dict(client.session.items()))


def test_choices_are_made_again(rich: Rich) -> None:
    """What was not ticked is not, though the page would tick it by itself."""
    reader, page = Client(), reverse("notifications:preferences")
    reader.force_login(rich.ada)

    def ticked(client: Client) -> set[str]:
        forms = forms_of(client.get(page).content.decode())
        controls = [one for form in forms for one in form.controls if one.kind in TICKED]
        return {one.name for one in controls if "checked" in one.attributes and not one.is_fixed}

    usual = ticked(reader)
    left = min(usual)
    client = Client(headers={"Referer": f"http://testserver{page}"})
    client.post(page, {"form_owner": owner_mark(rich.ada), left: "on", "begins": "21:15"})
    client.force_login(rich.ada)
    assert len(usual) > 1
    assert ticked(client) == {left}
    assert ticked(client) == usual, "once"
