"""Every form of every page about an order, as a browser finds it, in states of an order that take turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve, reverse

from core.form_filling import TICKED, Control, Form, forms_of
from core.rights import Right, methods_of, right_for
from tests.hostile_input.after_order import (
    Aftermath,
    Balance,
    aftermath,
    books,
    changed,
    taken_back,
)
from tests.hostile_input.after_order_calls import ids_of, is_of_an_order
from tests.hostile_input.values import page_routes
from tests.shop import open_with_sandbox
from tests.turns import in_turn, one_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NO_NUMBER = ("NaN", "Infinity", "1e1", "1_0", "١", "１", "x", "[]", "-1", "9" * 30, "\x00", "0x1")
NO_TEXT = ("\x00", "a\x07b", "a\u202eb")
ODD_TEXT = (*NO_TEXT, "y" * 9000, "'; DROP TABLE x;--", "<b>")
OF = {"ada": {Right.CUSTOMER}, "mia": {Right.EMPLOYEE, Right.MANAGER}}
NUMBERS = {"decimal", "numeric"}
FACES = ("orders", "ops", "changes", "paying")
PRESSED = {"button", "submit"}
# Named for what they are, whatever they hold; and fields of an address that is not the chosen one.
UNREAD = {"csrfmiddlewaretoken", "form_owner", "from", "next", "confirm",
          "line1", "city", "floor", "door_code", "postal_code", "label", "instructions"}  # fmt: skip
# What money, goods and papers are written in: no second press of a button moves any of it.
ONCE = {"payments_refund", "orders_refundline", "billing_document", "payments_payment",
        "inventory_stockmovement", "orders_order"}  # fmt: skip
Data = dict[str, list[str]]


@pytest.fixture
def world(db: None) -> Iterator[Aftermath]:
    with open_with_sandbox() as shop:
        yield aftermath(shop)


@dataclass(frozen=True, kw_only=True)
class Sendable:
    """A form as a browser would send it by one of its buttons, unless something else is typed."""

    target: str
    data: Data
    controls: tuple[Control, ...]

    @property
    def route(self) -> str:
        return resolve(self.target).view_name

    @property
    def likeness(self) -> tuple[str, ...]:
        """Forms that are alike but for numbers of rows count as one."""
        return self.route, *sorted({without_number(name) for name in self.data})


def without_number(name: str) -> str:
    return re.sub(r"[0-9]+", "#", name)


def sendables(html: str, page: str) -> Iterator[Sendable]:
    for form in forms_of(html):
        buttons: list[Control | None] = [
            one for one in form.controls if one.kind in PRESSED and one.name
        ]
        controls = tuple(one for one in form.controls if one.name and not one.is_fixed)
        for target in {urlsplit(urljoin(page, one)).path for one in form.targets}:
            if resolve(target).view_name.split(":")[0] not in FACES:
                continue
            for button in buttons or [None]:
                data = _untouched(form)
                if button is not None:
                    data.setdefault(button.name, []).append(button.value)
                yield Sendable(target=target, data=data, controls=controls)


def _untouched(form: Form) -> Data:
    """What the form sends when nobody has typed anything."""
    data: Data = {}
    for one in form.controls:
        if not one.name or one.is_fixed or one.kind in {*PRESSED, "file"}:
            continue
        if one.kind in TICKED:
            values = [one.value] if "checked" in one.attributes else []
        elif one.kind == "select":
            chosen = [option for option in one.options if "selected" in option.attributes]
            values = [option.value for option in chosen or one.options[:1]]
        else:
            values = [one.text if one.kind == "textarea" else one.value]
        if values:
            data.setdefault(one.name, []).extend(values)
    return data


def is_number(control: Control) -> bool:
    if control.kind == "number" or control.attributes.get("inputmode") in NUMBERS:
        return True
    chosen = control.kind in {"hidden", "radio", "checkbox", "select", *PRESSED}
    values = [one.value for one in control.options] or [control.value]
    return chosen and any(value.isdigit() and len(value) < 19 for value in values)


def addresses(world: Aftermath, who: str) -> Iterator[tuple[str, str]]:
    """The pages about an order that this person may look at, with the state of it: half of the states for
    each page, the other half for the next; in `make test-every` all.
    """
    for turn, (name, pattern) in enumerate(page_routes()):
        names = pattern.pattern.converters
        if name.split(":")[0] not in FACES or right_for(name, "GET") not in OF[who]:
            continue
        if "GET" not in methods_of(name):
            continue
        states = list(world.orders.items())
        for state, order in in_turn(states, turn, 2) if is_of_an_order(names) else states[:1]:
            known: dict[str, Any] = {"number": order.order_number, **ids_of(world, order)}
            if set(names) <= set(known):
                yield state, reverse(name, kwargs={key: known[key] for key in names})


@dataclass(kw_only=True)
class Walk:
    """Sends every form that it finds, and those that the answers hold."""

    world: Aftermath
    client: Client
    before: dict[str, str]
    balance: Balance
    seen: set[Any] = field(default_factory=set)
    wrong: list[Any] = field(default_factory=list)
    sent: int = 0
    fields: int = 0
    met: int = 0

    def post(self, form: Sendable, data: Data) -> Any:
        self.sent += 1
        return self.client.post(form.target, data)

    def is_new(self, *like: Any) -> bool:
        new = like not in self.seen
        self.seen.add(like)
        return new

    def is_its_turn(self) -> bool:
        """Of the forms that were met in another state already, every ninth, in `make test-every` every third;
        of those, others each time a page has one more or less."""
        self.met += 1
        return self.met % one_of(9, whole=3) == 0

    def page(self, state: str, path: str) -> None:
        answer = self.client.get(path)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            return
        forms = list(sendables(answer.content.decode(), path))
        while forms:
            form = forms.pop()
            if not self.is_new(state, form.likeness, *form.data.get("status", ())):
                continue
            if self.is_new(form.likeness) or self.is_its_turn():
                forms += self.as_it_stands(state, form)
                self.with_odd_values(state, form)
                if self.is_new(form.route, "confirm" in form.data):
                    self.with_too_little_and_too_much(state, form)

    def as_it_stands(self, state: str, form: Sendable) -> list[Sendable]:
        """As it is found, and once more by an impatient thumb. The forms of its second step."""
        with taken_back(self.world.shop) as has_written:
            first = self.post(form, form.data)
            tables = changed(self.before) if has_written() else []
            self.judge(state, form, first, tables)
            if tables:
                after = books()
                second = self.post(form, form.data)
                more = set(changed(after)) & ONCE
                if second.status_code >= 500 or more:
                    self.tell(state, form, second, "twice", more)
                if self.is_new(form.route, *form.data.get("status", ())) and (
                    found := self.balance.wrong()
                ):
                    self.tell(state, form, second, found)
        if tables or first.status_code not in {200, 422}:
            return []
        forms = sendables(first.content.decode(), form.target)
        return [one for one in forms if "confirm" in one.data]

    def with_odd_values(self, state: str, form: Sendable) -> None:
        """One field at a time: what is no number moves nothing where a number belongs, and no text
        breaks. Each field gets some of the values, the next one others."""
        for control in form.controls:
            name, number = without_number(control.name), is_number(control)
            if control.kind == "file" or not self.is_new(form.route, name, number):
                continue
            self.fields += 1
            values = NO_NUMBER[self.fields % 6 :: 6] if number else ODD_TEXT[self.fields % 3 :: 3]
            for value in values:
                with taken_back(self.world.shop) as has_written:
                    answer = self.post(form, {**form.data, control.name: [value]})
                    tables = changed(self.before) if has_written() else []
                    self.judge(state, form, answer, tables, control.name, value[:20])
                    is_read = control.name not in UNREAD and control.kind not in TICKED
                    if tables and is_read and (number or value in NO_TEXT):
                        self.tell(state, form, answer, control.name, value[:20], tables)

    def with_too_little_and_too_much(self, state: str, form: Sendable) -> None:
        """Empty, each of its fields thrice, and with rows of an order that is not this one."""
        other = self.world.orders["delivered"].items.order_by("pk")[0].pk
        strange = {re.sub(r"_[0-9]+$", f"_{other}", name): it for name, it in form.data.items()}
        thrice = {name: it * 3 for name, it in form.data.items()}
        more = {**form.data, **{f"quantity_{n}": ["1"] for n in range(200)}}
        for data in ({}, thrice, strange, more):
            with taken_back(self.world.shop) as has_written:
                answer = self.post(form, data)
                tables = changed(self.before) if has_written() else []
                self.judge(state, form, answer, tables, sorted(data)[:5])

    def judge(self, state: str, form: Sendable, answer: Any, tables: list[str], *what: Any) -> None:
        refused = answer.status_code >= 400 and answer.status_code != 402
        if answer.status_code >= 500 or (refused and tables):
            self.tell(state, form, answer, *what, tables)

    def tell(self, state: str, form: Sendable, answer: Any, *what: Any) -> None:
        self.wrong.append((state, form.route, sorted(form.data), answer.status_code, *what))


@pytest.mark.parametrize("who", ["ada", "mia"])
def test_every_form(world: Aftermath, who: str, caplog: pytest.LogCaptureFixture) -> None:
    """No form breaks, none that is refused changes anything, and the books are right after each."""
    user = world.person(who)
    assert user is not None
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(user)
    walk = Walk(world=world, client=client, before=books(), balance=Balance())
    for state, path in addresses(world, who):
        walk.page(state, path)
    assert not walk.wrong, f"{len(walk.wrong)} of {walk.sent}:\n" + "\n".join(
        str(one) for one in walk.wrong[:60]
    )
    unforeseen = [one.exc_text for one in caplog.records if "unforeseen" in str(one.msg)]
    assert not unforeseen, unforeseen[:3]
    assert walk.sent > 250 // one_of(3)  # what is not paid has no form to leave by
    assert walk.fields > 20
