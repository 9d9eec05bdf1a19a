"""The picking screen as a picker uses it, in tests."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from core.clock import shop_instant
from orders.models import OrderItem

DUE = shop_instant(dt.date(2026, 11, 24), dt.time(12))


def line(one, name):
    return OrderItem.objects.get(order=one, name_en=name)


def answer(client, one, name, *, part=True, **data):
    headers = {"HX-Request": "true"} if part else {}
    address = reverse("ops:answer", args=[one.order_number, line(one, name).pk])
    return client.post(address, data, headers=headers)


def scan(client, one, name, barcode, **data):
    address = reverse("ops:scan", args=[one.order_number, line(one, name).pk])
    return client.post(address, {"barcode": barcode, **data}, headers={"HX-Request": "true"})


def screen(client, one, query=""):
    return client.get(reverse("ops:pick", args=[one.order_number]) + query).content.decode()
