"""The line for a sold-out product: told in waves, nothing kept."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import customer
from cart.selectors import cart_view
from catalog.services import deactivate_product
from core.errors import NotFound
from inventory.models import Stock
from notifications.errors import Obsolete
from notifications.events import EVENTS
from notifications.letters import compose, short_text
from notifications.models import Message
from notifications.sms.measure import measured
from tests.shop import Shop, open_shop
from waiting import mailing, services
from waiting.errors import AlreadyAvailable, AlreadyWaiting, OfferOver
from waiting.models import WaitingEntry
from waiting.tests.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


def stock(product, amount) -> None:
    Stock.objects.filter(product=product, branch__is_delivery_source=True).update(
        on_hand=Decimal(amount), reserved=0
    )


def waiting_for(product, people):
    for user in people:
        services.wait_for_product(actor=user, product_id=product.pk, now=at("09:00"))


def states(product):
    return list(
        WaitingEntry.objects.filter(product=product).order_by("pk").values_list("state", flat=True)
    )


def test_waves_of_as_many_as_there_are_steps(shop):
    tomatoes, people = shop.weighed(stock=0), [customer() for _ in range(5)]
    waiting_for(tomatoes, people)
    assert services.tell_waves(now=at("09:10")) == 0
    stock(tomatoes, "1.4")  # two steps of half a kg
    assert services.tell_waves(now=at("06:00")) == 0, "nobody is woken"
    assert services.tell_waves(now=at("10:00")) == 2
    assert services.tell_waves(now=at("10:29")) == 0
    assert services.tell_waves(now=at("10:30")) == 2
    assert states(tomatoes) == ["OFFERED"] * 4 + ["WAITING"]
    entry = WaitingEntry.objects.get(user=people[3])
    view = services.accept(actor=people[3], entry_id=entry.pk, now=at("10:31"))
    assert [line.quantity for line in view.items] == [tomatoes.quantity_step]
    again = services.accept(actor=people[3], entry_id=entry.pk, now=at("10:32"))
    assert again.items[0].quantity == tomatoes.quantity_step
    assert Message.objects.filter(kind="waiting_offer", channel="EMAIL").count() == 4


def test_told_once_for_each_time_it_comes_back(shop):
    milk, (ada, bob) = shop.product(stock=0), (customer(), customer())
    waiting_for(milk, [ada, bob])
    stock(milk, 1)
    services.tell_waves(now=at("10:00"))
    stock(milk, 0)
    with pytest.raises(OfferOver):
        services.accept(actor=ada, entry_id=WaitingEntry.objects.get(user=ada).pk, now=at("10:05"))
    assert cart_view(actor=ada).items == []
    services.tell_waves(now=at("10:10"))
    assert states(milk) == ["WAITING", "WAITING"]
    stock(milk, 1)
    assert services.tell_waves(now=at("10:11")) == 1
    assert states(milk) == ["OFFERED", "WAITING"]
    assert Message.objects.filter(user=ada, kind="waiting_offer").count() == 2
    deactivate_product(actor=None, product_id=milk.pk)
    services.tell_waves(now=at("10:12"))
    assert states(milk) == ["WAITING", "WAITING"]
    services.tell_waves(now=at("09:00") + dt.timedelta(days=60))
    assert states(milk) == ["ENDED", "ENDED"]


def test_what_is_refused_leaves_nothing(shop):
    ada, milk, bread = customer(), shop.product(stock=0), shop.product()
    waiting_for(milk, [ada])
    with pytest.raises(AlreadyWaiting):
        waiting_for(milk, [ada])
    with pytest.raises(AlreadyAvailable):
        waiting_for(bread, [ada])
    gone = shop.product(stock=0)
    deactivate_product(actor=None, product_id=gone.pk)
    for key in (gone.pk, 2**40):
        with pytest.raises(NotFound):
            services.wait_for_product(actor=ada, product_id=key, now=at("09:00"))
    assert WaitingEntry.objects.count() == 1


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_message_says_that_nothing_is_kept(shop, language, monkeypatch):
    long = "יוגורט ביו חלבון עם גרנולה ופירות יער אדומים ללא תוספת סוכר, מארז משפחתי"
    ada, milk = customer(), shop.product(stock=0, name_he=long, name_en="Yoghurt " * 9)
    waiting_for(milk, [ada])
    entry = WaitingEntry.objects.get()
    with pytest.raises(Obsolete):
        mailing.offer_context(entry_id=entry.pk)
    stock(milk, 1)
    services.tell_waves(now=at("10:00"))
    context = mailing.offer_context(entry_id=entry.pk)
    event = EVENTS["waiting_offer"]
    text = short_text(event=event, context=context, language=language)
    assert measured(text)[1] <= 2
    letter = compose(
        event=event, context={**context, "person": ada}, language=language, to=ada.email,
        user_id=ada.pk, dedupe_key="x",
    )  # fmt: skip
    assert "/waiting/" in letter.text
    assert "/waiting/" in letter.html
    assert ("Nothing is kept" if language == "en" else "שום דבר לא נשמר") in letter.text
