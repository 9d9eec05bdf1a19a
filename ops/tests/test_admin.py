"""Django admin as a face of the services: every list and form opens, every write is audited."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from audit.selectors import trail_of
from branches.models import Branch, Closure, DatedSlot
from branches.tests.factories import BranchFactory, DatedSlotFactory, SlotFactory
from cart.tests.factories import product, warehouse
from catalog.models import Brand, Category, Product, VatRate
from mami import clock
from mami.clock import day_of_week, shop_date
from ops.tests.factories import employee, manager, order, person

pytestmark = pytest.mark.django_db

DUE = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def mia(client):
    user = manager()
    client.force_login(user)
    return user


@pytest.fixture
def root(client):
    user = person("ADMIN")
    client.force_login(user)
    return user


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def actions(entity_type, entity_id):
    return [e.action for e in trail_of(entity_type=entity_type, entity_id=entity_id)][::-1]


def form_values(client, url):
    """What the form at `url` would send if nothing was touched."""
    form = client.get(url).context["adminform"].form
    values = {}
    for bound in form:
        value = bound.value()
        if value is None or value is False or bound.name == "image":
            continue
        values[bound.html_name] = (
            value if isinstance(value, list) else bound.field.prepare_value(value)
        )
    for formset in client.get(url).context["inline_admin_formsets"]:
        for bound in formset.formset.management_form:
            values[bound.html_name] = bound.value()
    return values


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_list_and_form_opens(client, root, model):
    order(due_at=DUE)
    DatedSlotFactory()
    Brand.objects.create(name_he="מותג", name_en="Brand", slug="brand-x")
    page = client.get(address(model, "changelist"))
    assert page.status_code == 200
    found = model._default_manager.first()
    if found is not None:
        assert client.get(address(model, "change", found.pk)).status_code == 200
    if admin.site._registry[model].has_add_permission(page.wsgi_request):
        assert client.get(address(model, "add")).status_code == 200


@pytest.mark.parametrize("room", sorted({model._meta.app_label for model in MODELS}))
def test_every_room_has_a_page_of_its_own(client, root, room):
    body = client.get(f"/admin/{room}/").content.decode()
    assert f'href="/admin/{room}/' in body
    assert 'class="charts"' not in body


@pytest.mark.parametrize("query", ["?q=%00", "?o=99", "?p=99999", "?entity_id=x", "?nonsense=1"])
def test_nonsense_in_the_address_of_a_list(client, mia, query):
    model = apps.get_model("audit", "AuditEntry")
    assert client.get(address(model, "changelist") + query).status_code in {200, 302}


@pytest.mark.parametrize("count", [3, 40])
def test_the_product_list_takes_the_same_statements(
    client, mia, count, django_assert_max_num_queries
):
    for _ in range(count):
        product()
    client.get(address(Product, "changelist"))
    with django_assert_max_num_queries(12):
        client.get(address(Product, "changelist"))


# -- who may enter ----------------------------------------------------------------------------


def test_the_way_in_is_the_shops_own(client):
    response = client.get("/admin/")
    assert response.status_code == 302
    final = client.get(response.url)
    assert final.url.startswith("/account/login/?next=")


def test_employees_are_told_that_they_may_not(client):
    client.force_login(employee())
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403


def test_people_are_for_admins_only(client, mia):
    user = apps.get_model("accounts", "User")
    assert client.get(address(user, "changelist")).status_code == 403
    assert client.post(address(user, "change", mia.pk), {"role": "ADMIN"}).status_code == 403
    mia.refresh_from_db()
    assert mia.role == "MANAGER"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_nothing_is_deleted_but_closures(client, root, model):
    order(due_at=DUE)
    DatedSlotFactory()
    found = model._default_manager.first()
    if found is None or model is Closure:
        return
    answer = client.post(address(model, "delete", found.pk), {"post": "yes"})
    assert answer.status_code == 403
    assert model._default_manager.filter(pk=found.pk).exists()


# -- products ---------------------------------------------------------------------------------


def test_a_product_is_changed_through_the_service(client, mia):
    milk = product(name_en="Milk", price=Decimal("6.90"))
    url = address(Product, "change", milk.pk)
    values = form_values(client, url) | {
        "price": "7.50",
        "dietary_tags": ["vegetarian", "kosher_dairy"],
        "allergens": ["milk"],
    }
    response = client.post(url, values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    milk.refresh_from_db()
    assert milk.price == Decimal("7.50")
    assert milk.dietary_tags == ["vegetarian", "kosher_dairy"]
    assert milk.prices.count() == 1
    assert actions("product", milk.pk) == ["UPDATE"]


def test_a_product_is_added_with_its_stock_rows(client, mia):
    milk = product()
    values = form_values(client, address(Product, "change", milk.pk))
    values |= {"sku": "NEW-1", "barcode": "", "name_en": "New milk"}
    response = client.post(address(Product, "add"), values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Product.objects.get(sku="NEW-1")
    assert made.stocks.count() == Branch.objects.count()
    assert actions("product", made.pk) == ["CREATE"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": "TAKEN"}, "__all__"),
        ({"price": "-1"}, "price"),
        ({"old_price": "0.50"}, "old_price"),
        ({"quantity_step": "0.5"}, "quantity_step"),
        ({"barcode": "12ab"}, "barcode"),
        ({"category": "99999"}, "category"),
    ],
)
def test_a_refusal_stands_in_the_form_and_nothing_typed_is_lost(client, mia, changes, field):
    product(sku="TAKEN")
    milk = product(name_en="Milk")
    url = address(Product, "change", milk.pk)
    response = client.post(url, form_values(client, url) | {"name_en": "Oat milk"} | changes)
    assert response.status_code == 200
    form = response.context["adminform"].form
    assert field in form.errors
    assert form["name_en"].value() == "Oat milk"
    milk.refresh_from_db()
    assert milk.name_en == "Milk"
    assert not actions("product", milk.pk)


def test_products_are_taken_off_and_brought_back_by_an_action(client, mia):
    milk = product()
    for action, active in (("deactivate", False), ("activate", True)):
        client.post(
            address(Product, "changelist"), {"action": action, "_selected_action": [milk.pk]}
        )
        milk.refresh_from_db()
        assert milk.is_active is active
    assert actions("product", milk.pk) == ["DEACTIVATE", "ACTIVATE"]


def test_a_category_cannot_stand_below_itself(client, mia):
    top = Category.objects.create(name_he="א", name_en="A", slug="a")
    low = Category.objects.create(name_he="ב", name_en="B", slug="b", parent=top)
    url = address(Category, "change", top.pk)
    response = client.post(url, form_values(client, url) | {"parent": low.pk})
    assert response.status_code == 200
    top.refresh_from_db()
    assert top.parent is None


def test_a_vat_rate_only_begins_on_a_day_to_come(client, mia):
    product()
    values = {"vat_class": "STANDARD", "rate": "19", "valid_from": "2020-01-01"}
    before = VatRate.objects.count()
    assert client.post(address(VatRate, "add"), values).status_code == 200
    assert VatRate.objects.count() == before
    assert (
        client.post(address(VatRate, "add"), values | {"valid_from": "2099-01-01"}).status_code
        == 302
    )


# -- branches, windows, closures --------------------------------------------------------------


BRANCH = {
    "name_he": "סניף חדש",
    "name_en": "New branch",
    "address_he": "רחוב 1",
    "address_en": "1 Street",
    "city_he": "חיפה",
    "city_en": "Haifa",
    "phone": "",
    "hours_0": "7:00-22:00",
}


def test_a_new_branch_opens_its_shelves(client, mia):
    milk = product()
    response = client.post(address(Branch, "add"), BRANCH)
    assert response.status_code == 302, response.context["adminform"].form.errors
    made = Branch.objects.get(name_en="New branch")
    assert made.opening_hours == {"0": ["07:00", "22:00"]}
    assert milk.stocks.filter(branch=made).exists()
    assert actions("branch", made.pk) == ["CREATE"]


def test_the_delivery_source_stays_open(client, mia):
    source = warehouse()
    url = address(Branch, "change", source.pk)
    values = form_values(client, url)
    values.pop("is_active")
    response = client.post(url, values)
    assert response.status_code == 200
    assert "must stay open" in response.content.decode()
    source.refresh_from_db()
    assert source.is_active


def test_windows_do_not_overlap(client, mia):
    slot = SlotFactory()
    model = type(slot)
    values = {
        "branch": slot.branch_id,
        "day_of_week": slot.day_of_week,
        "start_time": "11:00",
        "end_time": "13:00",
        "capacity": 5,
        "cutoff_minutes": 720,
    }
    response = client.post(address(model, "add"), values)
    assert response.status_code == 200
    assert model.objects.count() == 1
    response = client.post(
        address(model, "add"), values | {"start_time": "12:00", "end_time": "14:00"}
    )
    assert response.status_code == 302
    assert model.objects.count() == 2
    assert model.objects.latest("pk").cutoff_minutes == 720


def test_the_capacity_of_a_date(client, mia):
    dated = DatedSlotFactory()
    url = address(DatedSlot, "change", dated.pk)
    assert client.post(url, {"capacity_override": "2"}).status_code == 302
    dated.refresh_from_db()
    assert dated.capacity_override == 2
    assert actions("dated_slot", dated.pk) == ["UPDATE"]


@pytest.mark.parametrize("is_known", [False, True])
def test_the_capacity_of_a_date_from_the_board(client, mia, is_known):
    """The board leads to a date that may have no row yet, or got one a moment ago."""
    date = shop_date(clock.now()) + dt.timedelta(days=1)
    slot = SlotFactory(branch=warehouse(), day_of_week=day_of_week(date))
    place = f"{address(DatedSlot, 'add')}?slot={slot.pk}&date={date:%Y-%m-%d}"
    assert place.replace("&", "&amp;") in client.get(reverse("ops:board")).content.decode()
    values = form_values(client, place) | {"capacity_override": "3"}
    if is_known:
        DatedSlotFactory(slot=slot, date=date)
    assert client.post(place, values).status_code == 302
    assert DatedSlot.objects.get().capacity == 3


def test_a_closure_is_added_and_removed(client, mia):
    values = {
        "starts_at_0": "2026-12-01",
        "starts_at_1": "08:00",
        "ends_at_0": "2026-12-01",
        "ends_at_1": "07:00",
        "reason_he": "חג",
        "reason_en": "Holiday",
        "branch": "",
    }
    assert client.post(address(Closure, "add"), values).status_code == 200
    assert not Closure.objects.exists()
    assert client.post(address(Closure, "add"), values | {"ends_at_1": "22:00"}).status_code == 302
    closure = Closure.objects.get()
    client.post(address(Closure, "delete", closure.pk), {"post": "yes"})
    assert not Closure.objects.exists()
    assert actions("closure", closure.pk) == ["CREATE", "DELETE"]


def test_choosing_many_deletes_them_through_the_service(client, mia):
    branch = BranchFactory()
    closure = Closure.objects.create(
        branch=branch,
        starts_at=DUE,
        ends_at=DUE + dt.timedelta(hours=1),
        reason_he="א",
        reason_en="a",
    )
    data = {"action": "delete_selected", "_selected_action": [closure.pk], "post": "yes"}
    client.post(address(Closure, "changelist"), data)
    assert not Closure.objects.exists()
    assert actions("closure", closure.pk) == ["DELETE"]


# -- stock and people -------------------------------------------------------------------------


def test_a_count_is_entered_against_the_count_that_was_seen(client, mia):
    milk = product(stock=10)
    stock = milk.stocks.get()
    url = address(type(stock), "change", stock.pk)
    values = form_values(client, url)
    assert client.post(url, values | {"on_hand": "8", "reason": "counted"}).status_code == 302
    stock.refresh_from_db()
    assert stock.on_hand == 8
    # The form was opened at 10, which it no longer is.
    response = client.post(url, values | {"on_hand": "7"})
    assert response.status_code == 200
    stock.refresh_from_db()
    assert stock.on_hand == 8
    assert actions("stock", stock.pk) == ["UPDATE"]


def test_roles_change_but_never_ones_own_and_the_last_admin_stays(client, root):
    dan = employee()
    user = type(dan)
    response = client.post(address(user, "change", dan.pk), {"role": "MANAGER", "is_active": "on"})
    assert response.status_code == 302
    dan.refresh_from_db()
    assert dan.role == "MANAGER"
    response = client.post(
        address(user, "change", root.pk), {"role": "CUSTOMER", "is_active": "on"}
    )
    assert response.status_code == 200
    root.refresh_from_db()
    assert root.role == "ADMIN"


def test_history_is_the_audit_trail(client, mia):
    milk = product()
    response = client.get(address(Product, "history", milk.pk))
    assert response.url.endswith(f"?entity_type=product&entity_id={milk.pk}")
