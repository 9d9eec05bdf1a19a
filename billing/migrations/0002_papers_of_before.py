"""Invoices of before become stored papers, with what they said when they were issued.

What the data cannot tell any more: the buyer's name is that of the day of this migration, and a
refund of before named no lines, so its amount is shared out over what was left of them. Refunds
that the provider had agreed to get their credit notes, numbered in the order in which it did.
Going back gives the invoices their rows again; the pages, made from the same rows, are not kept.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations
from django.utils import timezone

from orders.apportionment import Weighed, share_out, shares

ZERO = Decimal("0.00")
SHOP_TZ = ZoneInfo("Asia/Jerusalem")
INVOICE, CREDIT = "TAX_INVOICE_RECEIPT", "CREDIT_NOTE"


def shekels(amount):
    return Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def payable(item, quantity):
    """Price, and the part of the discount that goes with it, as the shop has always reckoned."""
    share = min(quantity / item.quantity, Decimal(1))
    total = shekels(item.unit_price * quantity)
    return total, min(shekels(item.discount * share), total)


def forwards(apps, schema_editor):
    Invoice = apps.get_model("orders", "Invoice")
    rows = Invoice.objects.order_by("year", "serial").select_related(
        "order__payment", "order__user", "order__branch", "order__delivery"
    )
    notes = []
    for invoice in rows.iterator(chunk_size=500):
        notes += _move(apps, invoice)
    last = dict(apps.get_model("orders", "InvoiceSeries").objects.values_list("year", "last"))
    for order in _unnumbered(apps):
        now = timezone.now()
        year = now.astimezone(SHOP_TZ).year
        last[year] = last.get(year, 0) + 1
        notes += _move(
            apps, SimpleNamespace(order=order, year=year, serial=last[year], issued_at=now)
        )
    for year, serial in last.items():
        apps.get_model("billing", "DocumentSeries").objects.create(
            type=INVOICE, year=year, last=serial
        )
    _credit(apps, notes)


def _unnumbered(apps):
    """Charged, on the provider's own screens, and never numbered."""
    Order = apps.get_model("orders", "Order")
    found = Order.objects.filter(payment__captured__gt=0, documents__isnull=True).order_by("pk")
    return found.select_related("payment", "user", "branch", "delivery")


def _move(apps, invoice):
    order, payment = invoice.order, invoice.order.payment
    items = list(apps.get_model("orders", "OrderItem").objects.filter(order=order).order_by("pk"))
    rows, weighed = [], {}
    for item in items:
        picked = item.picked_quantity if item.picked_status == "PICKED" else None
        agreed = item.line_total - item.discount
        total, off = payable(item, picked) if picked else (ZERO, ZERO)
        weighed[item.pk] = Weighed(agreed=agreed, picked=total - off)
        if picked or item.substitute_for_id is None:
            rows += _rows(item, picked or Decimal(0), total, off)
    if order.fulfillment_type == "DELIVERY":
        fee = order.delivery_fee
        rows.append(_plain("FEE", "1", fee, order.fee_vat_rate, fee))
    due = shares(lines=weighed, fee=order.delivery_fee, extras={}, limit=order.total_amount)
    rows += _limit(rows, due.total)
    total = payment.captured if payment.captured else due.total
    if not total:
        total = due.total or order.total_amount
    document = apps.get_model("billing", "Document").objects.create(
        type=INVOICE,
        year=invoice.year,
        serial=invoice.serial,
        number=f"{invoice.year}-{invoice.serial:06d}",
        order=order,
        issued_at=invoice.issued_at,
        total=total,
        vat=_vat(rows),
        snapshot=_snapshot(order, invoice, rows, total),
    )
    if not payment.captured:
        return []
    for item in items:
        item.charged = due.lines[item.pk]
    fee = due.fee + (payment.captured - due.total)
    if fee < 0:  # taken on the provider's own screens: less than was picked
        keys = {**due.lines, "fee": due.fee}
        parts = share_out(amount=payment.captured, over=keys)
        fee = parts.pop("fee")
        for item in items:
            item.charged = parts[item.pk]
    order.charged_goods = sum((item.charged for item in items), ZERO)
    order.charged_fee, order.captured_total = fee, payment.captured
    if order.captured_at is None:
        order.captured_at = invoice.issued_at
    return _refunds(apps, document, order, items)


def _refunds(apps, document, order, items):
    Refund, Line = apps.get_model("payments", "Refund"), apps.get_model("orders", "RefundLine")
    notes = []
    refunds = Refund.objects.filter(payment_id=order.payment_id).select_related("call")
    for refund in refunds.order_by("pk"):
        if refund.call.state == "REFUSED":
            continue
        left = {item.pk: item.charged - item.refunded_amount for item in items}
        left["fee"] = order.charged_fee - order.refunded_fee
        amount = min(refund.amount, sum(left.values(), ZERO))
        parts = share_out(amount=amount, over=left)
        made = []
        for item in items:
            if parts[item.pk]:
                item.refunded_amount += parts[item.pk]
                made.append(
                    Line(order=order, refund=refund, kind="ITEM", item=item, amount=parts[item.pk])
                )
        if parts["fee"]:
            order.refunded_fee += parts["fee"]
            made.append(Line(order=order, refund=refund, kind="FEE", amount=parts["fee"]))
        Line.objects.bulk_create(made)
        if refund.call.state == "SUCCEEDED" and amount:
            rows = [
                _row("GOODS", one.item, None, None, one.amount)
                if one.item_id
                else _plain("FEE", "1", None, order.fee_vat_rate, one.amount)
                for one in made
            ]
            notes.append((refund.call.finished_at or refund.created_at, refund, document, rows))
    for item in items:
        item.vat_class = "ZERO" if item.vat_rate == 0 else "STANDARD"
        item.save(update_fields=["charged", "refunded_amount", "vat_class"])
    order.save(
        update_fields=[
            "charged_goods", "charged_fee", "captured_total", "captured_at", "refunded_fee",
        ]
    )  # fmt: skip
    return notes


def _credit(apps, notes):
    Document = apps.get_model("billing", "Document")
    last = defaultdict(int)
    credited = defaultdict(lambda: defaultdict(lambda: [ZERO, ZERO]))
    for at, refund, invoice, rows in sorted(notes, key=lambda note: (note[0], note[1].pk)):
        year = at.astimezone(SHOP_TZ).year
        last[year] += 1
        number = f"C{year}-{last[year]:06d}"
        gross = defaultdict(lambda: ZERO)
        for row in rows:
            gross[Decimal(row["vat_rate"])] += Decimal(row["amount"])
        vat = []
        for rate in sorted(gross, reverse=True):
            before = credited[invoice.pk][rate]
            whole = before[0] + gross[rate]
            part = shekels(whole * rate / (100 + rate)) - before[1]
            before[0], before[1] = whole, before[1] + part
            vat.append({"rate": str(rate), "net": str(gross[rate] - part), "vat": str(part)})
        total = sum(gross.values(), ZERO)
        Document.objects.create(
            type=CREDIT,
            year=year,
            serial=last[year],
            number=number,
            order_id=invoice.order_id,
            refund=refund,
            corrects=invoice,
            issued_at=at,
            total=total,
            vat=vat,
            snapshot={
                **invoice.snapshot,
                "paper": CREDIT,
                "number": number,
                "issued_at": at.isoformat(),
                "rows": rows,
                "vat": vat,
                "total": str(total),
                "reason_code": "OTHER",
                "reason": refund.reason,
                "corrects": {
                    "number": invoice.number,
                    "issued_at": invoice.issued_at.isoformat(),
                },
            },
        )
    for year, serial in last.items():
        apps.get_model("billing", "DocumentSeries").objects.create(
            type=CREDIT, year=year, last=serial
        )


def _snapshot(order, invoice, rows, total):
    delivery = getattr(order, "delivery", None)
    address = ""
    if delivery is not None:
        street = ", ".join(part for part in (delivery.line1, delivery.line2) if part)
        address = f"{street}, {delivery.city}"
    at = invoice.issued_at
    return {
        "paper": INVOICE,
        "number": f"{invoice.year}-{invoice.serial:06d}",
        "issued_at": at.isoformat(),
        "seller": dict(settings.SELLER),
        "buyer": {
            "name": order.user.full_name,
            "address": address,
            "city": delivery.city if delivery is not None else "",
            "business_name": "",
            "vat_id": "",
        },
        "order": {
            "number": order.order_number,
            "placed_at": order.created_at.isoformat(),
            "supplied_on": at.astimezone(SHOP_TZ).date().isoformat(),
            "pickup_branch": None if delivery is not None else order.branch.name,
        },
        "rows": rows,
        "vat": _vat(rows),
        "total": str(total),
        "payment": {
            "brand": order.payment.brand,
            "last4": order.payment.last4,
            "authorized": str(order.payment.authorized),
        },
        "reason_code": "",
        "reason": "",
        "corrects": None,
        "allocation_number": None,
    }


def _rows(item, quantity, total, off):
    if not quantity:
        kind = "MISSING"
    else:
        kind = "GOODS" if item.substitute_for_id is None else "SUBSTITUTE"
    rows = [_row(kind, item, quantity, item.unit_price, total)]
    if off:
        less = "OFFER" if item.substitute_for_id is None else "SAME_PRICE"
        rows.append(_row(less, item, None, None, -off))
    return rows


def _row(kind, item, quantity, unit_price, amount):
    return {
        "kind": kind,
        "name_he": item.name_he,
        "name_en": item.name_en,
        "sku": item.sku,
        "sold_by": item.sold_by,
        "quantity": None if quantity is None else str(quantity),
        "unit_price": None if unit_price is None else str(unit_price),
        "vat_rate": str(item.vat_rate),
        "amount": str(amount),
    }


def _plain(kind, quantity, unit_price, rate, amount):
    return {
        "kind": kind,
        "name_he": "",
        "name_en": "",
        "sku": "",
        "sold_by": "UNIT",
        "quantity": quantity,
        "unit_price": None if unit_price is None else str(unit_price),
        "vat_rate": str(rate),
        "amount": str(amount),
    }


def _gross(rows):
    gross = defaultdict(lambda: ZERO)
    for row in rows:
        if Decimal(row["amount"]):
            gross[Decimal(row["vat_rate"])] += Decimal(row["amount"])
    return gross


def _limit(rows, total):
    """As those papers said it: in each rate by its share, what rounding leaves to the largest."""
    gross = _gross(rows)
    above = sum(gross.values(), ZERO) - total
    if above <= 0:
        return []
    whole = sum(gross.values(), ZERO)
    parts = {rate: shekels(above * value / whole) for rate, value in gross.items()}
    parts[max(gross, key=lambda rate: gross[rate])] += above - sum(parts.values(), ZERO)
    return [_plain("LIMIT", None, None, rate, -part) for rate, part in parts.items() if part]


def _vat(rows):
    gross = _gross(rows)
    found = []
    for rate in sorted(gross, reverse=True):
        vat = shekels(gross[rate] * rate / (100 + rate))
        found.append({"rate": str(rate), "net": str(gross[rate] - vat), "vat": str(vat)})
    return found


BACK = """
INSERT INTO orders_invoice (order_id, year, serial, issued_at)
SELECT order_id, year, serial, issued_at FROM billing_document
WHERE type = 'TAX_INVOICE_RECEIPT' ORDER BY year, serial;
INSERT INTO orders_invoiceseries (year, last)
SELECT year, last FROM billing_documentseries WHERE type = 'TAX_INVOICE_RECEIPT';
ALTER TABLE billing_documentfile DISABLE TRIGGER USER;
ALTER TABLE billing_document DISABLE TRIGGER USER;
ALTER TABLE orders_refundline DISABLE TRIGGER USER;
DELETE FROM billing_documentfile;
DELETE FROM billing_document WHERE corrects_id IS NOT NULL;
DELETE FROM billing_document;
DELETE FROM billing_documentseries;
DELETE FROM orders_refundline;
ALTER TABLE billing_documentfile ENABLE TRIGGER USER;
ALTER TABLE billing_document ENABLE TRIGGER USER;
ALTER TABLE orders_refundline ENABLE TRIGGER USER;
UPDATE orders_orderitem SET charged = 0, refunded_amount = 0, refunded_quantity = 0
WHERE charged <> 0;
UPDATE orders_order SET captured_total = 0, charged_goods = 0, charged_fee = 0,
    charged_extras = 0, refunded_fee = 0
WHERE captured_total <> 0;
"""


def backwards(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(BACK)


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0001_initial"),
        ("orders", "0010_charged"),
        ("payments", "0006_is_followed"),
        ("accounts", "0001_initial"),
        ("branches", "0001_initial"),
    ]

    operations = [migrations.RunPython(forwards, backwards)]
