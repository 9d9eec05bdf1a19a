"""Where we deliver, from which sum on, on which day and for how much: asked by preview and confirm."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from accounts.models import Address, User
from branches.errors import AreaNotServed, InvalidSlot, SameDayNotServed
from branches.models import Branch, DeliveryArea, DeliverySlot
from branches.tests.factories import BranchFactory, area, jerusalem, place
from checkout import services
from checkout.errors import BelowMinimum, PriceChanged
from checkout.requests import AddressData, ChangeLine, ChangeRequest
from core import clock
from core.clock import day_of_week, shop_date
from orders.errors import OrderTooLarge
from orders.models import Order, OrderDelivery
from tests.api_client import refusal
from tests.shop import Shop

NOON = dt.time(12)


def buyer(shop: Shop, code: int | None, city: str, worth: str) -> User:
    """A customer there, with goods of this worth."""
    user = shop.customer(address=False)
    Address.objects.create(
        user=user, line1="3 HaZait", city=city, locality_id=code, is_default=True
    )
    shop.fill(user, {shop.product(price=Decimal(worth)): 1})
    return user


def asked(shop: Shop, **values: object) -> dict[str, object]:
    return {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(), **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("goods", "fee", "total"), [("250.00", "40.00", "290.00"), ("400.00", "0.00", "400.00")]
)
def test_the_fee_is_the_areas(shop: Shop, api, goods: str, fee: str, total: str) -> None:
    drawn = jerusalem(name_en="Jerusalem")
    user = buyer(shop, 3000, "Jerusalem", goods)
    body = api(user).post("/checkout/preview", asked(shop)).json()["data"]
    assert (body["delivery_fee"], body["total"]) == (fee, total)
    assert body["area"] == {
        "id": drawn.pk, "name": "Jerusalem", "minimum": "200.00", "missing": "0.00",
    }  # fmt: skip
    result = shop.confirm(user, request=shop.request(expected_total=Decimal(total)))
    order = Order.objects.get(pk=result.order_id)
    assert (order.delivery_fee, order.total_amount) == (Decimal(fee), Decimal(total))
    assert OrderDelivery.objects.get(order=order).area["free_from"] == "400.00"


def test_below_the_minimum(shop: Shop, api) -> None:
    jerusalem()
    user = buyer(shop, 3000, "Jerusalem", "180.00")
    details = refusal(api(user).post("/checkout/preview", asked(shop)), 409, "BELOW_MINIMUM")
    assert (details["minimum"], details["missing"]) == ("200.00", "20.00")
    assert details["preview"]["area"]["missing"] == "20.00"
    assert details["preview"]["total"] == "220.00"
    with pytest.raises(BelowMinimum) as refused:
        shop.confirm(user, request=shop.request(expected_total=Decimal(1)))  # before PRICE_CHANGED
    assert refused.value.details["missing"] == "20.00"
    assert shop.taken() == 0
    shop.confirm(user, request=shop.pickup())  # a pickup has no minimum


def test_the_minimum_is_said_before_the_size(shop: Shop, settings) -> None:
    settings.ORDER_MOST = Decimal("100.00")
    jerusalem()
    with pytest.raises(BelowMinimum):
        shop.confirm(buyer(shop, 3000, "Jerusalem", "180.00"))
    with pytest.raises(OrderTooLarge):
        shop.confirm(buyer(shop, 3000, "Jerusalem", "200.00"))


def test_a_place_that_is_not_served(shop: Shop, api) -> None:
    area(4000)
    place(2600)
    user = buyer(shop, 2600, "Eilat", "250.00")
    details = refusal(api(user).post("/checkout/preview", asked(shop)), 409, "AREA_NOT_SERVED")
    assert details == {"city": "Eilat"}
    with pytest.raises(AreaNotServed):
        shop.confirm(user)
    with pytest.raises(AreaNotServed):
        shop.confirm(user, key="k2", request=shop.request(delivery_slot_id=10**12))
    assert shop.taken() == 0


def test_an_address_of_before_is_looked_up(shop: Shop) -> None:
    jerusalem()
    area(4000)
    user = buyer(shop, None, "haifa", "20.00")
    assert shop.confirm(user).order_number
    unknown = buyer(shop, None, "Jerusalm", "250.00")
    with pytest.raises(AreaNotServed) as refused:
        shop.confirm(unknown, key="k2")
    assert refused.value.details["suggestions"][0]["code"] == 3000


def test_an_address_for_this_order_alone(shop: Shop, api) -> None:
    jerusalem()
    place(2600)
    user = buyer(shop, 2600, "Eilat", "250.00")
    by_code = {"line1": "1 Jaffa Road", "locality_code": 3000}
    body = api(user).post("/checkout/preview", asked(shop, address=by_code)).json()["data"]
    assert body["delivery_fee"] == "40.00"
    typed = {"line1": "1 Jaffa Road", "city": "Atlantis"}
    refusal(api(user).post("/checkout/preview", asked(shop, address=typed)), 409, "AREA_NOT_SERVED")
    hostile = {"line1": "1 Jaffa Road", "locality_code": "9" * 20}
    refusal(
        api(user).post("/checkout/preview", asked(shop, address=hostile)), 400, "VALIDATION_ERROR"
    )
    unknown = {"line1": "1 Jaffa Road", "locality_code": 77}
    details = refusal(
        api(user).post("/checkout/preview", asked(shop, address=unknown)), 400, "VALIDATION_ERROR"
    )
    assert list(details["fields"]) == ["address.locality_code"]


def today_at_six(shop: Shop, branch: Branch | None = None) -> tuple[DeliverySlot, dt.datetime]:
    """A window of this evening, and a moment of this noon."""
    today = shop_date(clock.now())
    slot = DeliverySlot.objects.create(
        branch=branch or shop.warehouse, day_of_week=day_of_week(today), start_time=dt.time(18),
        end_time=dt.time(20), capacity=0,
    )  # fmt: skip
    return slot, clock.shop_instant(today, NOON)


def test_not_on_the_same_day(shop: Shop) -> None:
    """Said before that the window is full; without a date the next day is taken."""
    jerusalem()
    user = buyer(shop, 3000, "Jerusalem", "250.00")
    slot, now = today_at_six(shop)
    today = shop_date(now)
    request = shop.request(delivery_slot_id=slot.pk, delivery_date=today)
    for act in (services.preview, confirm_at):
        with pytest.raises(SameDayNotServed) as refused:
            act(actor=user, request=request, now=now)
        assert refused.value.details["earliest_date"] == shop.date.isoformat()
    DeliverySlot.objects.filter(pk=slot.pk).update(capacity=5)
    later = services.preview(
        actor=user, request=shop.request(delivery_slot_id=slot.pk, delivery_date=None), now=now
    )
    assert later.slot is not None
    assert later.slot.date == today + dt.timedelta(days=7)


def confirm_at(*, actor, request, now):
    return services.confirm(actor=actor, key="now", request=request, request_id="test", now=now)


def test_windows_come_from_the_areas_branch(shop: Shop) -> None:
    branch = shop.branch
    area(3000, branch=branch)
    user = buyer(shop, 3000, "Jerusalem", "50.00")
    own = DeliverySlot.objects.create(
        branch=branch, day_of_week=day_of_week(shop.date), start_time=dt.time(10),
        end_time=dt.time(12), capacity=5,
    )  # fmt: skip
    for act in (services.preview, confirm_at):
        with pytest.raises(InvalidSlot):
            act(actor=user, request=shop.request(), now=clock.now())
    result = shop.confirm(user, request=shop.request(delivery_slot_id=own.pk))
    assert Order.objects.get(pk=result.order_id).branch_id == branch.pk


def test_the_available_windows_of_a_place(shop: Shop, api) -> None:
    jerusalem()
    place(2600)
    other = BranchFactory()
    _slot, _now = today_at_six(shop)
    area(4000, branch=other, fee="12.00")
    rows = api().get("/delivery-slots/available?localityCode=3000&days=14").json()["data"]
    assert {row["fee"] for row in rows} == {"40.00"}
    today = shop_date(clock.now()).isoformat()
    assert not any(row["is_open"] for row in rows if row["date"] == today)
    assert api().get("/delivery-slots/available?localityCode=4000").json()["data"] == []
    assert api().get("/delivery-slots/available?localityCode=2600").json()["data"] == []
    assert api().get("/delivery-slots/available?localityCode=77").status_code == 404
    for wrong in ("9" * 20, "x", "0", "-1"):
        assert api().get(f"/delivery-slots/available?localityCode={wrong}").status_code == 400


def test_what_was_agreed_stays(shop: Shop) -> None:
    """A later minimum, fee or threshold is none of an order that stands."""
    drawn = jerusalem()
    user = buyer(shop, 3000, "Jerusalem", "125.00")
    product = user.carts.get().items.get().product
    user.carts.get().items.update(quantity=2)
    order = Order.objects.get(pk=shop.confirm(user).order_id)
    DeliveryArea.objects.filter(pk=drawn.pk).update(fee="99.00", minimum="999.00", free_from="1.00")
    seen = services.preview_change(
        actor=user, order_id=order.pk, now=clock.now(),
        request=ChangeRequest(lines=(ChangeLine(product_id=product.pk, quantity=Decimal(3)),)),
    )  # fmt: skip
    assert seen.plan.totals.delivery_fee == Decimal("40.00")
    less = ChangeRequest(lines=(ChangeLine(product_id=product.pk, quantity=Decimal(1)),))
    with pytest.raises(BelowMinimum) as refused:
        services.preview_change(actor=user, order_id=order.pk, now=clock.now(), request=less)
    told = refused.value.details
    assert (told["minimum"], told["missing"]) == ("200.00", "75.00")
    assert (told["preview"]["total"], told["preview"]["difference"]) == ("165.00", "-125.00")
    agreed = replace(less, expected_version=1, expected_total=Decimal("165.00"))
    with pytest.raises(BelowMinimum) as refused:
        services.change(
            actor=user, order_id=order.pk, key="less", request=agreed, request_id="test",
            now=clock.now(),
        )  # fmt: skip
    assert refused.value.details == told
    with pytest.raises(BelowMinimum) as refused:
        services.propose_change(
            actor=shop.manager(), order_id=order.pk, request=replace(agreed, reason="By phone"),
            now=clock.now(),
        )  # fmt: skip
    assert refused.value.details["preview"]["difference"] == "-125.00"
    order.refresh_from_db()
    assert (order.version, order.total_amount) == (1, Decimal("290.00"))


def test_an_order_that_moves(shop: Shop) -> None:
    """Another address is asked all of it: served, its fee, its smallest order."""
    jerusalem()
    area(4000)
    place(2600)
    user = buyer(shop, 4000, "Haifa", "120.00")
    order = Order.objects.get(pk=shop.confirm(user).order_id)
    assert order.delivery_fee == Decimal("30.00")

    def moved(city: str):
        request = ChangeRequest(address=AddressData(line1="1 Road", city=city))
        return services.preview_change(
            actor=user, order_id=order.pk, now=clock.now(), request=request
        )

    with pytest.raises(AreaNotServed):
        moved("Eilat")
    with pytest.raises(BelowMinimum):
        moved("Jerusalem")
    DeliveryArea.objects.filter(name_en__startswith="Area").update(minimum=0)
    assert moved("Jerusalem").plan.totals.delivery_fee == Decimal("40.00")


def test_prices_are_said_after_the_minimum(shop: Shop) -> None:
    jerusalem()
    user = buyer(shop, 3000, "Jerusalem", "250.00")
    with pytest.raises(PriceChanged):
        shop.confirm(user, request=shop.request(expected_total=Decimal("280.00")))
