"""The desk beside the list of stock: transfers, files and reports as managers meet them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction
from inventory import services
from inventory.errors import InsufficientStock
from inventory.models import Stock, StockImport, StockMovement

LIST = "/admin/inventory/stock/"


@pytest.fixture
def mia(client, shop):
    user = shop.manager()
    client.force_login(user)
    return user


def rows_of(product, shop):
    return [Stock.objects.get(product=product, branch=b) for b in (shop.warehouse, shop.branch)]


def text_of(answer: Any) -> str:
    return answer.getvalue().decode("utf-8-sig")


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(answer))))


class TestTransfer:
    def test_two_movements_with_one_reference(self, shop):
        source, target = rows_of(shop.product(stock=10), shop)
        reference = services.transfer(
            actor=None, stock_id=source.pk, to_branch_id=target.branch_id, quantity=Decimal(4),
            reason="Friday",
        )  # fmt: skip
        moved = StockMovement.objects.filter(reference=reference).order_by("on_hand_delta")
        assert [(m.stock_id, m.reason, m.on_hand_delta, m.on_hand_after) for m in moved] == [
            (source.pk, "TRANSFER", -4, 6),
            (target.pk, "TRANSFER", 4, 14),
        ]
        told = [e for e in shop.audit(entity_type="stock") if e.context.get("note") == "Friday"]
        assert {e.entity_id for e in told} == {source.pk, target.pk}

    def test_what_is_promised_stays(self, shop):
        milk = shop.product(stock=10)
        shop.order(quantities={milk: 7})
        source, target = rows_of(milk, shop)
        with pytest.raises(InsufficientStock) as refusal:
            services.transfer(
                actor=None, stock_id=source.pk, to_branch_id=target.branch_id, quantity=Decimal(4)
            )
        assert refusal.value.details["missing_items"][0]["available_quantity"] == 3
        assert shop.stock(milk) == (10, 7)

    @pytest.mark.parametrize("quantity", ["0", "-1", "0.5", "NaN"])
    def test_what_cannot_be_moved(self, shop, quantity):
        source, target = rows_of(shop.product(), shop)
        with pytest.raises(InvalidInput):
            services.transfer(
                actor=None, stock_id=source.pk, to_branch_id=target.branch_id,
                quantity=Decimal(quantity),
            )  # fmt: skip
        assert Stock.objects.get(pk=source.pk).on_hand == source.on_hand

    def test_nowhere_and_to_itself(self, shop):
        source, _target = rows_of(shop.product(), shop)
        for branch, refusal in ((0, NotFound), (source.branch_id, InvalidInput)):
            with pytest.raises(refusal):
                services.transfer(
                    actor=None, stock_id=source.pk, to_branch_id=branch, quantity=Decimal(1)
                )

    def test_the_form_keeps_what_was_typed(self, client, mia, shop):
        milk = shop.product(stock=10)
        values = {
            "product": milk.sku, "from_branch": shop.warehouse.pk, "to_branch": shop.branch.pk,
            "quantity": "11", "reason": "for the weekend",
        }  # fmt: skip
        page = client.post(f"{LIST}transfer/", values)
        assert page.status_code == 422
        assert "for the weekend" in page.content.decode()
        assert page.context["form"].errors["quantity"]
        assert shop.stock(milk)[0] == 10
        assert client.post(f"{LIST}transfer/", values | {"quantity": "4"}).status_code == 302
        assert shop.stock(milk)[0] == 6


class TestFiles:
    def test_what_is_exported_can_be_imported(self, client, mia, shop):
        milk = shop.product(stock=10, name_he="=חלב", name_en="=milk")
        text = text_of(client.get(f"{LIST}export/", {"branch__id__exact": shop.warehouse.pk}))
        (row,) = [row for row in csv.DictReader(io.StringIO(text)) if row["sku"] == milk.sku]
        assert row["name"] == "'=חלב"
        assert (row["branch"], row["on_hand"], row["expected_on_hand"]) == (shop.warehouse.code, "10.000", "10.000")  # fmt: skip
        counted = text.replace("10.000,10.000", "8,10.000")
        upload = SimpleUploadedFile("stock.csv", counted.encode("utf-8-sig"), "text/csv")
        page = client.post(f"{LIST}import/", {"file": upload, "note": ""})
        file = StockImport.objects.get()
        assert page.url == reverse("admin:inventory_imported", args=[file.pk])
        assert "hx-trigger" in client.get(page.url).content.decode()
        services.check_counts(import_id=file.pk)
        assert client.post(page.url, {"mode": "GOOD"}).status_code == 302
        services.apply_counts(import_id=file.pk, now=file.created_at)
        assert shop.stock(milk)[0] == 8
        assert shop.stock(milk, shop.branch)[0] == 10

    def test_the_export_filters_as_the_list_does(self, client, mia, shop):
        empty = shop.product(stock=0)
        shop.product(stock=5)
        found = table(client.get(f"{LIST}export/?level=out"))
        assert {row["sku"] for row in found} == {empty.sku}

    def test_bad_rows_are_listed_with_their_lines(self, client, mia, shop):
        upload = SimpleUploadedFile("c.csv", b"sku,on_hand\nnothing,1\n")
        client.post(f"{LIST}import/", {"file": upload, "branch": shop.branch.pk})
        file = StockImport.objects.get()
        services.check_counts(import_id=file.pk)
        page = client.get(reverse("admin:inventory_imported", args=[file.pk]))
        assert [(one["line"], one["value"]) for one in page.context["problems"]] == [(2, "nothing")]
        assert 'name="mode"' not in page.content.decode(), "nothing good to apply"

    def test_what_is_no_csv_is_refused_in_the_form(self, client, mia, shop):
        upload = SimpleUploadedFile("c.xlsx", b"PK\x03\x04\x00")
        page = client.post(f"{LIST}import/", {"file": upload, "note": "typed"})
        assert page.status_code == 422
        assert "typed" in page.content.decode()

    def test_employees_may_not(self, client, shop):
        client.force_login(shop.employee())
        for place in ("export", "import", "import/1", "transfer", "low"):
            assert client.get(f"{LIST}{place}/", follow=True).status_code == 403, place


class TestLists:
    def test_levels(self, client, mia, shop):
        sold_out, short, full, sold = (shop.product(stock=n) for n in (0, 3, 100, 50))
        with_orders = shop.order(quantities={short: 3, sold: 1})
        assert with_orders.pk
        Stock.objects.filter(product=short, branch=shop.warehouse).update(on_hand=1)
        Stock.objects.filter(product=full).update(reorder_point=100)
        pick_one(shop, sold)

        def listed(level):
            page = client.get(LIST, {"level": level, "branch__id__exact": shop.warehouse.pk})
            return {row.product_id for row in page.context["cl"].result_list}

        assert listed("low") == {sold_out.pk, short.pk, full.pk}
        assert listed("out") == {sold_out.pk, short.pk}
        assert listed("short") == {short.pk}
        assert listed("unsold") == {sold_out.pk, short.pk, full.pk}

    def test_the_low_report_knows_what_was_sold(self, client, mia, shop, django_assert_max_num_queries):  # fmt: skip
        milk = shop.product(stock=14)
        pick_one(shop, milk)
        Stock.objects.filter(product=milk, branch=shop.warehouse).update(reorder_point=20)
        with django_assert_max_num_queries(8):
            page = client.get(f"{LIST}low/", {"branch": shop.warehouse.pk})
        (row,) = [row for row in page.context["rows"] if row.stock.product_id == milk.pk]
        assert (row.sold, row.free, row.days_left) == (1, 13, 13 * 14)
        assert table(client.get(f"{LIST}low/?export=csv"))[0]["sku"]

    def test_long_lists_are_not_counted_to_their_end(self, client, mia, shop):
        with CaptureQueriesContext(connection) as caught:
            client.get("/admin/inventory/stockmovement/")
        counts = [q["sql"] for q in caught if "COUNT(" in q["sql"] and "movement" in q["sql"]]
        assert counts
        assert all("LIMIT 10000" in sql for sql in counts)


def pick_one(shop, product):
    """One unit is picked off the warehouse's shelf, which nobody had promised."""
    with write_transaction():
        services.pick(
            actor=None, branch_id=shop.warehouse.pk, product_id=product.pk, picked=Decimal(1),
            promised=Decimal(0), reference="order:MS-TEST0000",
        )  # fmt: skip
