"""Files of counts: what is refused, what is applied, and what stays as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core import clock
from core.errors import InvalidInput, PermissionRefused
from inventory import services
from inventory.errors import ImportNotReady
from inventory.models import Stock, StockImport, StockMovement
from tests.shop import Shop

HEADER = "sku,branch,on_hand,expected_on_hand,reorder_point"


def uploaded(shop: Shop, *lines: str, header: str = HEADER, **values: Any) -> StockImport:
    content = "\r\n".join([header, *lines]).encode("utf-8-sig")
    return services.upload_counts(
        actor=shop.manager(), file_name="counts.csv", now=clock.now(),
        **({"content": content} | values),
    )  # fmt: skip


def checked(shop: Shop, *lines: str, **values: Any) -> StockImport:
    file = uploaded(shop, *lines, **values)
    services.check_counts(import_id=file.pk)
    file.refresh_from_db()
    return file


def applied(shop: Shop, file: StockImport, mode: str) -> StockImport:
    services.choose_mode(actor=shop.manager(), import_id=file.pk, mode=mode)
    services.apply_counts(import_id=file.pk, now=clock.now())
    file.refresh_from_db()
    return file


def found(file: StockImport) -> list[tuple[int, str, str]]:
    return [(one["line"], one["code"], one["value"]) for one in file.problems]


def test_every_kind_of_bad_row_by_its_line(shop):
    milk, plums = shop.product(stock=10), shop.weighed()
    here = shop.warehouse.code
    file = checked(
        shop,
        f"{milk.sku},{here},12,10,",
        f",{here},1,,",
        f"nothing,{here},1,,",
        f"{milk.sku},moon,1,,",
        f"{milk.sku},,1,,",
        "",
        f"{milk.sku},{shop.branch.code},many,,",
        f"{milk.sku},{shop.branch.code},-1,,",
        f"{milk.sku},{shop.branch.code},1.5,,",
        f"{milk.sku},{shop.branch.code},9999999,,",
        f"{plums.sku},{here},1.2345,,",
        f"{milk.sku},{shop.branch.code},=1+1,,",
        f"@sku,{here},1,,",
        f"{milk.sku},{here},3,,",
        f"{plums.sku},{here},3,77,",
        f"{milk.sku},{shop.branch.code},1,,,more",
    )
    assert found(file) == [
        (3, "NO_SKU", ""),
        (4, "UNKNOWN_PRODUCT", "nothing"),
        (5, "UNKNOWN_BRANCH", "moon"),
        (6, "NO_BRANCH", ""),
        (8, "NOT_A_NUMBER", "many"),
        (9, "NEGATIVE", "-1"),
        (10, "WHOLE_UNITS", "1.5"),
        (11, "TOO_LARGE", "9999999"),
        (12, "GRAMS", "1.2345"),
        (13, "FORMULA", "=1+1"),
        (14, "FORMULA", "@sku"),
        (15, "TWICE", milk.sku),
        (16, "STALE", "100"),
        (17, "COLUMNS", "more"),
    ]
    assert (file.status, file.rows, file.refused) == ("CHECKED", 15, 14)
    assert shop.stock(milk)[0] == 10, "a check changes nothing"


def test_good_rows_are_applied_around_a_bad_one(shop):
    milk, bread = shop.product(stock=10), shop.product(stock=10)
    file = checked(shop, f"{milk.sku},,12,10,4", "nothing,,1,,", f"{bread.sku},,0,,",
                   branch_id=shop.warehouse.pk, note="Yearly count")  # fmt: skip
    assert found(file) == [(3, "UNKNOWN_PRODUCT", "nothing")]
    file = applied(shop, file, "GOOD")
    assert (file.status, file.changes, file.refused, file.seen) == ("DONE", 2, 1, 3)
    assert shop.stock(milk)[0] == 12
    assert shop.stock(bread)[0] == 0
    row = Stock.objects.get(product=milk, branch=shop.warehouse)
    assert row.reorder_point == 4
    movement = row.movements.first()
    assert (movement.reason, movement.on_hand_delta, movement.reference) == (
        "STOCKTAKE", Decimal(2), f"import:{file.pk}",
    )  # fmt: skip
    told = [e.new_value for e in shop.audit(entity_type="stock", entity_id=row.pk)]
    assert {"on_hand": "12.000", "reserved": "0.000"} in told
    assert {"reorder_point": "4"} in told
    assert bytes(StockImport.objects.get(pk=file.pk).content) == b""


def test_all_or_nothing_applies_nothing_when_one_row_is_bad(shop):
    milk = shop.product(stock=10)
    file = checked(shop, f"{milk.sku},,12,,", "nothing,,1,,", branch_id=shop.warehouse.pk)
    before = StockMovement.objects.count()
    file = applied(shop, file, "ALL")
    assert (file.status, file.changes, file.refused) == ("REFUSED", 0, 1)
    assert shop.stock(milk)[0] == 10
    assert StockMovement.objects.count() == before


@pytest.mark.parametrize(
    ("mode", "status", "bread_now"), [("ALL", "REFUSED", 10), ("GOOD", "DONE", 7)]
)
def test_a_count_that_moves_between_check_and_turn_is_refused(shop, monkeypatch, mode, status, bread_now):  # fmt: skip
    milk, bread = shop.product(stock=10), shop.product(stock=10)
    file = checked(shop, f"{bread.sku},,7,10,", f"{milk.sku},,12,10,", branch_id=shop.warehouse.pk)
    assert file.refused == 0
    real = services.imports.lock_rows

    def sold_meanwhile(*, stock_ids):
        Stock.objects.filter(product=milk, branch=shop.warehouse).update(on_hand=9)
        return real(stock_ids=stock_ids)

    monkeypatch.setattr(services.imports, "lock_rows", sold_meanwhile)
    file = applied(shop, file, mode)
    assert (file.status, found(file)) == (status, [(3, "STALE", "9")])
    assert shop.stock(bread)[0] == bread_now


def test_a_killed_job_goes_on_where_it_stood(shop, monkeypatch):
    monkeypatch.setattr("inventory.counts_file.BATCH", 2)
    goods = [shop.product(stock=10) for _ in range(6)]
    file = checked(shop, *(f"{one.sku},,5,," for one in goods), branch_id=shop.warehouse.pk)
    real, batches = services.imports._write, []

    def killed(*args):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(1)
        real(*args)

    monkeypatch.setattr(services.imports, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        applied(shop, file, "GOOD")
    assert [shop.stock(one)[0] for one in goods] == [5, 5, 5, 5, 10, 10]
    # Sold in the meantime: going on must not set this shelf a second time.
    services.set_for(
        actor=None, branch_id=shop.warehouse.pk, product_id=goods[0].pk, quantity=Decimal(1)
    )
    monkeypatch.setattr(services.imports, "_write", real)
    services.apply_counts(import_id=file.pk, now=clock.now())
    file.refresh_from_db()
    assert [shop.stock(one)[0] for one in goods] == [1, 5, 5, 5, 5, 5]
    assert (file.status, file.seen, file.changes) == ("DONE", 6, 6)


def test_a_file_is_applied_once(shop):
    file = checked(shop, f"{shop.product(stock=1).sku},,5,,", branch_id=shop.warehouse.pk)
    applied(shop, file, "GOOD")
    with pytest.raises(ImportNotReady):
        services.choose_mode(actor=shop.manager(), import_id=file.pk, mode="GOOD")
    with pytest.raises(ImportNotReady):
        services.choose_mode(actor=shop.manager(), import_id=uploaded(shop).pk, mode="ALL")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"sku;name\n1;2", b"PK\x03\x04\x00\x00", b"sku,on_hand\n" + b"1,2\n" * 3_000_000],
    ids=["empty", "binary", "no count", "workbook", "too large"],
)  # fmt: skip
def test_what_is_not_a_file_of_counts(shop, content):
    with pytest.raises(InvalidInput) as refusal:
        uploaded(shop, content=content)
    assert "file" in refusal.value.details["fields"]
    assert not StockImport.objects.exists()


def test_other_spreadsheets_ways(shop):
    milk = shop.product(stock=10)
    text = f"SKU;name;on_hand\n{milk.sku};חלב;'7\n"
    for content in (text.encode("cp1255"), text.encode(), text.replace(";", "\t").encode("utf-8-sig")):  # fmt: skip
        file = checked(shop, content=content, branch_id=shop.warehouse.pk)
        assert (file.rows, file.refused) == (1, 0), file.problems


def test_managers_only(shop):
    with pytest.raises(PermissionRefused):
        services.upload_counts(
            actor=shop.employee(), file_name="x", content=b"sku,on_hand", now=clock.now()
        )
    with pytest.raises(PermissionRefused):
        services.choose_mode(actor=shop.employee(), import_id=uploaded(shop).pk, mode="ALL")
