"""Files that other machines and careless hands make: read rightly, or refused in words at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from core import clock
from core.errors import Busy, InvalidInput
from core.spreadsheets import cell, unquoted
from inventory import services
from inventory.models import StockImport
from inventory.tests.test_imports import applied, checked, found, uploaded
from tests.shop import Shop
from tests.test_jobs import insert_job, work_through


def text_of(refusal: Any) -> str:
    return " ".join(refusal.value.details["fields"]["file"])


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_lines_end_as_any_machine_ends_them(shop, ending):
    milk, bread = shop.product(stock=10), shop.product(stock=10)
    text = ending.join(["sku,on_hand", f"{milk.sku},5", "", f"{bread.sku},7", ""])
    file = checked(shop, content=text.encode(), branch_id=shop.warehouse.pk)
    assert (file.status, file.rows, file.refused) == ("CHECKED", 2, 0), file.problems
    applied(shop, file, "ALL")
    assert (shop.stock(milk)[0], shop.stock(bread)[0]) == (5, 7)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("sku,on_hand," + "x" * 131_073, "cannot be read"),
        ('sku,"on_hand', "cannot be read"),
        ('"sku,on_hand', "cannot be read"),
        ('sku,on_hand,"a"b', "cannot be read"),
        ("sku,on_hand,on_hand", "on_hand"),
        ("sku,SKU ,on_hand", "sku"),
        ("sku,on_hand,reorder_point,reorder_point", "reorder_point"),
        ("sku", "on_hand"),
    ],
    ids=["endless", "open quote", "open from the start", "after the quote", "count twice", "sku twice", "point twice",
         "no count"],
)  # fmt: skip
def test_a_header_that_nobody_can_read_for_certain(shop, header, words):
    for body in ("A,5,999\n" * 3, 'A,"5",999\n' * 20_000):
        with override("en"), pytest.raises(InvalidInput) as refusal:
            uploaded(shop, content=f"{header}\n{body}".encode())
        assert words in text_of(refusal)
    assert not StockImport.objects.exists()


def test_an_unknown_column_may_stand_twice(shop):
    milk = shop.product(stock=10)
    text = f"name,sku,on_hand,name\nx,{milk.sku},5,y\n"
    file = checked(shop, content=text.encode(), branch_id=shop.warehouse.pk)
    assert (file.rows, file.refused) == (1, 0)


@pytest.mark.parametrize(
    ("row", "line"),
    [('"{sku},5\nB,1\nC,2', 3), ("{sku}," + "9" * 131_073, 3), ('"{sku}"x,5', 3)],
    ids=["open quote", "endless", "after the quote"],
)
def test_a_row_that_cannot_be_read_swallows_nothing_in_silence(shop, row, line):
    milk = shop.product(stock=10)
    text = f"sku,on_hand\n{milk.sku},6\n{row.format(sku=milk.sku)}\n"
    file = checked(shop, content=text.encode(), branch_id=shop.warehouse.pk)
    assert (file.status, found(file)) == ("CHECKED", [(line, "UNREADABLE", "")])


class TestQuote:
    """The `'` with which a spreadsheet keeps a cell from being calculated."""

    def count(self, shop: Shop, written: str) -> StockImport:
        return checked(shop, f"{written},,5,,", branch_id=shop.warehouse.pk)

    def test_stands_for_the_sku_behind_it(self, shop):
        milk = shop.product(sku="Q1", stock=10)
        assert applied(shop, self.count(shop, "'Q1"), "ALL").status == "DONE"
        assert shop.stock(milk)[0] == 5

    def test_belongs_to_the_sku_that_has_it(self, shop):
        milk = shop.product(sku="'Q1", stock=10)
        assert applied(shop, self.count(shop, "'Q1"), "ALL").status == "DONE"
        assert shop.stock(milk)[0] == 5

    def test_is_refused_where_both_could_be_meant(self, shop):
        milk, other = shop.product(sku="Q1", stock=10), shop.product(sku="'Q1", stock=10)
        assert found(self.count(shop, "'Q1")) == [(2, "TWO_PRODUCTS", "'Q1")]
        assert (shop.stock(milk)[0], shop.stock(other)[0]) == (10, 10)

    @pytest.mark.parametrize("sku", ["Q1", "'Q1", "''Q1", "-Q1", "'-Q1", "@Q1", "'"])
    def test_what_we_wrote_is_what_we_read(self, shop, sku):
        milk = shop.product(sku=sku, stock=10)
        assert unquoted(cell(sku)) == sku or cell(sku) == sku
        assert applied(shop, self.count(shop, cell(sku)), "ALL").status == "DONE"
        assert shop.stock(milk)[0] == 5

    def test_what_we_wrote_never_means_another(self, shop):
        """All of them beside each other: each row is the right one's or refused, never a stranger's."""
        skus = ["Q1", "'Q1", "''Q1", "-Q1", "'-Q1"]
        made = {sku: shop.product(sku=sku, stock=10) for sku in skus}
        for sku in skus:
            file = applied(shop, self.count(shop, cell(sku)), "GOOD")
            changed = [other for other in skus if shop.stock(made[other])[0] == 5]
            assert changed in ([sku], []), (sku, changed)
            assert bool(changed) == (not file.refused)
            for product in made.values():
                services.set_for(
                    actor=None,
                    branch_id=shop.warehouse.pk,
                    product_id=product.pk,
                    quantity=Decimal(10),
                )


class TestBrokenJob:
    """A job that breaks leaves a file with an end, and the words for it."""

    def run(self, task: str, file: StockImport) -> StockImport:
        insert_job(task, {"import_id": file.pk})
        work_through()
        file.refresh_from_db()
        return file

    @pytest.fixture
    def broken(self, monkeypatch):
        def breaks(error: Exception) -> None:
            def broken(*args: Any, **kwargs: Any) -> Any:
                raise error

            monkeypatch.setattr(services.imports, "judged", broken)

        return breaks

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("step", ["check", "apply"])
    def test_a_crash_ends_the_file(self, shop, broken, step):
        milk = shop.product(stock=10)
        file = uploaded(shop, f"{milk.sku},,5,,", branch_id=shop.warehouse.pk)
        if step == "apply":
            services.check_counts(import_id=file.pk)
            services.choose_mode(actor=shop.manager(), import_id=file.pk, mode="GOOD")
        broken(RuntimeError("a fault of ours"))
        file = self.run(f"inventory.{step}_counts", file)
        assert (file.status, found(file)) == ("REFUSED", [(0, "FAULT", "")])
        assert not file.is_working
        assert shop.stock(milk)[0] == 10

    @pytest.mark.django_db(transaction=True)
    def test_what_may_pass_is_tried_again_first(self, shop, broken):
        file = uploaded(shop, "x,,5,,", branch_id=shop.warehouse.pk)
        broken(Busy())
        assert self.run("inventory.check_counts", file).status == "CHECKING"

    def test_what_was_changed_before_is_told(self, shop):
        file = checked(shop, "x,,5,,", branch_id=shop.warehouse.pk)
        StockImport.objects.update(status="APPLYING", mode="GOOD", changes=3, seen=500)
        services.give_up(import_id=file.pk, now=clock.now())
        file.refresh_from_db()
        assert (file.status, file.changes, file.problems[-1]["code"]) == ("DONE", 3, "FAULT")
        services.give_up(import_id=file.pk, now=clock.now())
        file.refresh_from_db()
        assert file.refused == 2, "an ended file is left alone"
