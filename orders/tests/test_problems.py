"""Something was wrong: what is given back at once, what waits for a manager, and every refusal."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.selectors import documents_of
from core import clock
from core.errors import IdempotencyKeyReuseMismatch, InvalidInput, MissingIdempotencyKey, NotFound
from notifications.models import Message
from orders import problem_reports, services
from orders.errors import (
    OrderNotDelivered,
    OwnOrder,
    PhotoRefused,
    ProblemDecided,
    ProblemTooLate,
    RefundExceedsLine,
)
from orders.models import Order, private_storage
from orders.problem_models import ProblemReport
from orders.services import Reported
from orders.tests.test_delivering import picture
from orders.tests.test_refunding import ask, left, the_provider_says_no
from orders.tests.test_transitions import move, settle
from tests.api_client import ApiClient, refusal
from tests.shop import Shop


def delivered(shop: Shop, *prices: str, user: Any = None, request: Any = None) -> Order:
    """An order of one of each price that was charged and has arrived."""
    goods = {shop.product(price=Decimal(price)): 1 for price in prices or ("12.90", "9.00")}
    order = left(shop, shop.order(user, quantities=goods, request=request))
    move(shop.manager(), order, "DELIVERED")
    order.refresh_from_db()
    return order


def said(order: Order, *places: int, kind: str = "DAMAGED", photo: bool = True) -> list[Reported]:
    """One of each of those lines, with a photograph."""
    lines = list(order.items.all())
    return [
        Reported(
            id=lines[place].pk,
            quantity=Decimal(1),
            kind=kind,
            photo=picture((320, 200)) if photo else None,
        )
        for place in places or (0,)
    ]


def tell(
    order: Order, *items: Reported, key: str = "k", now: dt.datetime | None = None
) -> ProblemReport:
    found, _is_new = services.report_problem(
        actor=order.user,
        order_id=order.pk,
        items=items or said(order),
        key=key,
        now=now or clock.now(),
    )
    return found


def photos() -> set[str]:
    """The files that are kept."""
    return {str(path) for path in Path(private_storage().path("problems")).glob("*/*")}


def kinds_of_mail(order: Order) -> list[str]:
    rows = Message.objects.filter(user=order.user).order_by("pk")
    return [row.kind for row in rows if row.kind.startswith(("problem", "refund"))]


class TestAtOnce:
    def test_a_damaged_line_with_a_photo_is_given_back(self, shop: Shop) -> None:
        order = delivered(shop)
        found = tell(order)
        settle(order)
        assert (found.status, found.is_automatic) == ("REFUNDED", True)
        assert problem_reports.given_back(found) == Decimal("12.90")
        assert settle(order)["refunded"] == Decimal("12.90")
        assert documents_of(order_id=order.pk)[0].total == Decimal("12.90")
        row = shop.audit(entity_type="order", entity_id=str(order.pk), action="REFUND")[0]
        assert (row.actor_id, row.context["problem_id"]) == (None, found.pk)
        assert row.new_value["reason_code"] == "DAMAGED"
        assert kinds_of_mail(order) == ["problem_decided", "refund_issued"]

    def test_example_21(self, shop: Shop) -> None:
        """The limit is included; three in 90 days, the fourth waits, of another customer 40.01."""
        ada = shop.customer()
        outcomes = [
            tell(delivered(shop, price, user=ada), key=price).status
            for price in ("12.90", "9.00", "40.00", "5.00")
        ]
        assert outcomes == ["REFUNDED", "REFUNDED", "REFUNDED", "RECEIVED"]
        assert tell(delivered(shop, "40.01")).status == "RECEIVED"
        ProblemReport.objects.update(created_at=clock.now() - dt.timedelta(days=91))
        assert tell(delivered(shop, "5.00", user=ada), key="later").status == "REFUNDED"

    def test_what_needs_a_photo_and_what_was_signed_for(self, shop: Shop) -> None:
        order = delivered(shop, "9.00", "8.00")
        assert tell(order, *said(order, photo=False)).status == "RECEIVED"
        lost = said(order, 1, kind="NOT_DELIVERED", photo=False)
        assert tell(order, *lost, key="k2").status == "REFUNDED"
        signed = delivered(shop, "9.00", request=shop.request(delivery_preference="SIGNATURE"))
        lost = said(signed, kind="NOT_DELIVERED", photo=False)
        assert tell(signed, *lost, key="k3").status == "RECEIVED"

    def test_each_kind_has_its_refund_and_reason(self, shop: Shop) -> None:
        order = delivered(shop, "9.00", "8.00")
        items = [*said(order, 0), *said(order, 1, kind="EXPIRED")]
        found = tell(order, *items)
        settle(order)
        rows = shop.audit(entity_type="order", entity_id=str(order.pk), action="REFUND")
        assert [row.new_value["reason_code"] for row in rows] == ["DAMAGED", "EXPIRED"]
        assert problem_reports.given_back(found) == Decimal("17.00")

    def test_a_refused_refund_is_looked_at_by_people(self, shop: Shop) -> None:
        order = delivered(shop)
        with the_provider_says_no(shop):
            found = tell(order)
            settle(order)
        found.refresh_from_db()
        assert (found.status, problem_reports.given_back(found)) == ("RECEIVED", Decimal("0.00"))
        services.decide_problem(
            actor=shop.manager(), problem_id=found.pk, decision="REFUND", now=clock.now()
        )
        assert settle(order)["refunded"] == Decimal("12.90")


class TestRefusals:
    def test_what_is_refused_changes_nothing(self, shop: Shop) -> None:
        order = delivered(shop, "9.00", "90.00")
        line = order.items.first()
        other = delivered(shop)
        late = clock.now() + dt.timedelta(days=14, minutes=1)
        before = photos()

        def one(**values: Any) -> Reported:
            fields = {"id": line.pk, "quantity": Decimal(1), "kind": "DAMAGED", **values}
            return Reported(**fields)

        broken = io.BytesIO(b"<html>not a photo</html>")
        cases: list[tuple[type[Exception], list[Reported], dict[str, Any]]] = [
            (MissingIdempotencyKey, [one()], {"key": ""}),
            (InvalidInput, [one(kind="UGLY")], {}),
            (InvalidInput, [one(), one()], {}),
            (InvalidInput, [one(quantity=Decimal(0))], {}),
            (InvalidInput, [one(quantity=Decimal("0.5"))], {}),
            (NotFound, [one(id=other.items.first().pk)], {}),
            (RefundExceedsLine, [one(quantity=Decimal(2))], {}),
            (PhotoRefused, [one(photo=broken)], {}),
            (PhotoRefused, [*said(order, 1), one(photo=io.BytesIO(b"GIF89a"))], {}),
            (ProblemTooLate, [one(photo=picture())], {"now": late}),
        ]
        for refused, items, extra in cases:
            with pytest.raises(refused):
                tell(order, *items, **extra)
        with pytest.raises(NotFound):
            services.report_problem(
                actor=shop.customer(), order_id=order.pk, items=[one()], key="k", now=clock.now()
            )
        on_its_way = left(shop, shop.order())
        with pytest.raises(OrderNotDelivered):
            tell(on_its_way)
        assert not ProblemReport.objects.exists()
        assert photos() == before
        assert settle(order)["refunded"] == Decimal("0.00")

    def test_what_was_reported_or_given_back_is_not_reported_again(self, shop: Shop) -> None:
        goods = {shop.product(price=Decimal("30.00")): 2}
        order = left(shop, shop.order(quantities=goods))
        move(shop.manager(), order, "DELIVERED")
        tell(order, *said(order, photo=False))
        tell(order, *said(order), key="k2")
        with pytest.raises(RefundExceedsLine) as refused:
            tell(order, *said(order), key="k3")
        assert refused.value.details["refundable_quantity"] == 0
        rejected = ProblemReport.objects.get(key="k")
        services.decide_problem(actor=shop.manager(), problem_id=rejected.pk, decision="REJECT",
                                note="We see no damage.", now=clock.now())  # fmt: skip
        with pytest.raises(RefundExceedsLine):
            tell(order, *said(order), key="k3")

    def test_one_key_one_report(self, shop: Shop) -> None:
        order = delivered(shop)
        first = tell(order)
        count = len(photos())
        assert tell(order).pk == first.pk
        assert len(photos()) == count
        with pytest.raises(IdempotencyKeyReuseMismatch):
            tell(order, *said(order, 1))
        assert settle(order)["refunded"] == Decimal("12.90")


class TestDeciding:
    def waiting(self, shop: Shop) -> tuple[Order, ProblemReport]:
        order = delivered(shop, "60.00", "30.00")
        return order, tell(order, *said(order, 0, 1))

    @pytest.mark.parametrize(
        ("decision", "amount", "status", "refunded"),
        [
            ("REFUND", None, "REFUNDED", "90.00"),
            ("PART", "45.01", "PARTLY_REFUNDED", "45.01"),
            ("REJECT", None, "REJECTED", "0.00"),
        ],
    )
    def test_it_follows(
        self, shop: Shop, decision: str, amount: str | None, status: str, refunded: str
    ) -> None:
        order, found = self.waiting(shop)
        assert kinds_of_mail(order) == ["problem_received"]
        decided = services.decide_problem(
            actor=shop.manager(),
            problem_id=found.pk,
            decision=decision,
            amount=Decimal(amount) if amount else None,
            note="Sorry.",
            now=clock.now(),
        )
        assert (decided.status, decided.note) == (status, "Sorry.")
        assert settle(order)["refunded"] == Decimal(refunded)
        assert problem_reports.given_back(decided) == Decimal(refunded)
        assert kinds_of_mail(order).count("problem_decided") == 1
        with pytest.raises(ProblemDecided):
            services.decide_problem(
                actor=shop.manager(), problem_id=found.pk, decision="REFUND", now=clock.now()
            )

    def test_refusals(self, shop: Shop) -> None:
        order, found = self.waiting(shop)
        mia = shop.manager()

        def decide(actor: Any = mia, decision: str = "PART", **values: Any) -> Any:
            return services.decide_problem(
                actor=actor,
                problem_id=found.pk,
                decision=decision,
                now=clock.now(),
                **{"note": "so", **values},
            )

        for refused, values in [
            (InvalidInput, {"decision": "REJECT", "note": " "}),
            (InvalidInput, {"note": ""}),
            (InvalidInput, {"amount": None}),
            (InvalidInput, {"amount": Decimal("-1")}),
            (InvalidInput, {"amount": Decimal(0)}),
            (RefundExceedsLine, {"amount": Decimal("90.01")}),
        ]:
            with pytest.raises(refused):
                decide(**values)
        order.user.role = "MANAGER"
        order.user.save(update_fields=["role"])
        with pytest.raises(OwnOrder):
            decide(actor=order.user, decision="REFUND")
        found.refresh_from_db()
        assert found.status == "RECEIVED"

    def test_given_back_meanwhile(self, shop: Shop) -> None:
        order, found = self.waiting(shop)
        whole = services.ItemPart(id=order.items.first().pk, quantity=Decimal(1))
        ask(shop.manager(), order, "k", whole)
        with pytest.raises(RefundExceedsLine):
            services.decide_problem(
                actor=shop.manager(), problem_id=found.pk, decision="REFUND", now=clock.now()
            )
        found.refresh_from_db()
        assert found.status == "RECEIVED"


@pytest.mark.quick
class TestApi:
    def test_report_list_and_decide(self, shop: Shop) -> None:
        order = delivered(shop, "60.00", "9.00")
        line, small = order.items.all()
        ada, path = ApiClient(order.user), f"/orders/{order.pk}/problems"
        body = {"items": [{"id": line.pk, "quantity": 1, "kind": "QUALITY", "text": "soft"}]}
        key = {"Idempotency-Key": "k"}
        made = ada.post(path, body, headers=key)
        assert made.status_code == 201
        first = made.json()["data"]
        assert first | {"created_at": 0} == {
            "id": first["id"], "status": "RECEIVED", "created_at": 0, "note": "",
            "refunded": "0.00",
            "items": [{"id": line.pk, "quantity": 1, "kind": "QUALITY", "amount": "60.00",
                       "status": "RECEIVED"}],
        }  # fmt: skip
        again = ada.post(path, body, headers=key)
        assert (again.status_code, again.json()["data"]) == (200, first)
        shot = SimpleUploadedFile("x.jpg", picture((320, 200)).read(), "image/jpeg")
        small_body = [{"id": small.pk, "quantity": 1, "kind": "DAMAGED"}]
        made = ada.post_form(
            path, {"items": json.dumps(small_body), f"photo_{small.pk}": shot}, key="k2"
        )
        assert made.json()["data"]["status"] == "REFUNDED"
        assert [one["id"] for one in ada.get(path).json()["data"]][1] == first["id"]
        assert len(ada.get(f"/orders/{order.pk}").json()["data"]["problems"]) == 2
        mia = ApiClient(shop.manager())
        rows = mia.get("/admin/problems?status=RECEIVED").json()["data"]
        assert [row["order_number"] for row in rows] == [order.order_number]
        decide = f"/admin/problems/{first['id']}/decide"
        refusal(mia.post(decide, {"decision": "REJECT"}), 400, "VALIDATION_ERROR")
        done = mia.post(decide, {"decision": "PART", "amount": "10.00", "note": "half"})
        assert (done.json()["data"]["refunded"], done.json()["data"]["note"]) == ("10.00", "half")
        refusal(mia.post(decide, {"decision": "REFUND"}), 409, "PROBLEM_DECIDED")

    def test_refusals(self, shop: Shop) -> None:
        order = delivered(shop)
        path, key = f"/orders/{order.pk}/problems", {"Idempotency-Key": "k"}
        ada = ApiClient(order.user)
        body = {"items": [{"id": order.items.first().pk, "quantity": 1, "kind": "QUALITY"}]}
        refusal(ada.post(path, body), 400, "MISSING_IDEMPOTENCY_KEY")
        for wrong in ({}, {"items": []}, {"items": [{"id": 1, "quantity": -1, "kind": "UGLY"}]}):
            refusal(ada.post(path, wrong, headers=key), 400, "VALIDATION_ERROR")
        shot = SimpleUploadedFile("x.jpg", b"no photo", "image/jpeg")
        photo = f"photo_{body['items'][0]['id']}"
        form = {"items": json.dumps(body["items"]), photo: shot}
        refusal(ada.post_form(path, form, key="k"), 422, "PHOTO_REFUSED")
        refusal(ada.post_form(path, {"items": "{"}, key="k"), 400, "VALIDATION_ERROR")
        bob = ApiClient(shop.customer())
        refusal(bob.post(path, body, headers=key), 404, "NOT_FOUND")
        refusal(bob.get(path), 404, "NOT_FOUND")
        assert not ProblemReport.objects.exists()


@pytest.mark.quick
class TestPages:
    def test_from_the_order_to_the_answer(self, shop: Shop) -> None:
        order = delivered(shop, "9.00", "60.00")
        line, dear = order.items.all()
        ada, mia = Client(), Client()
        ada.force_login(order.user)
        mia.force_login(shop.manager())
        page = f"/orders/{order.order_number}/problem/"
        assert page in ada.get(f"/orders/{order.order_number}/").text
        assert f'name="photo_{line.pk}"' in ada.get(page).text
        nothing = ada.post(page, {"key": "k"})
        assert (nothing.status_code, ProblemReport.objects.count()) == (422, 0)
        typed = {"key": "k", "item": [line.pk], f"kind_{line.pk}": "DAMAGED",
                 f"quantity_{line.pk}": "1"}  # fmt: skip
        bad = ada.post(page, {**typed, f"photo_{line.pk}": SimpleUploadedFile("a.jpg", b"no")})
        assert (bad.status_code, ProblemReport.objects.count()) == (422, 0)
        shot = SimpleUploadedFile("a.jpg", picture((320, 200)).read())
        sent = ada.post(page, {**typed, f"photo_{line.pk}": shot})
        found = ProblemReport.objects.get()
        status = f"/orders/{order.order_number}/problems/{found.pk}/"
        assert (sent.status_code, sent["Location"]) == (302, status)
        assert "9.00" in ada.get(status).text
        photo = f"{status}photo/{line.pk}/"
        assert ada.get(photo)["Content-Type"] == "image/webp"
        bob = Client()
        bob.force_login(shop.customer())
        assert {bob.get(path).status_code for path in (page, status, photo)} == {404}
        ada.post(page, {"key": "k2", f"kind_{dear.pk}": "WRONG_ITEM", f"quantity_{dear.pk}": "1"})
        waiting = ProblemReport.objects.get(key="k2")
        screen = f"/ops/problems/{waiting.pk}/"
        assert screen in mia.get("/ops/problems/").text
        assert mia.get(f"/ops/problems/{found.pk}/photo/{line.pk}/").status_code == 200
        typed = {"decision": "PART", "amount": "20.00", "note": "We meet in the middle."}
        assert "20.00" in mia.post(screen, typed).text
        waiting.refresh_from_db()
        assert waiting.status == "RECEIVED"
        assert mia.post(screen, {**typed, "confirm": "1"}).status_code == 302
        told = ada.get(f"/orders/{order.order_number}/problems/{waiting.pk}/").text
        assert "We meet in the middle." in told
        assert "20.00" in told
        eli = Client()
        eli.force_login(shop.employee())
        assert eli.get("/ops/problems/").status_code in (403, 404)
