"""VAT rates as managers enter them when the law changes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from catalog import process_cache
from catalog.models import VatClass, VatRate
from core import clock
from core.constraints import refused_by
from core.errors import InvalidInput
from core.transactions import write_transaction


def add_vat_rate(
    *, actor: Actor | None, vat_class: str, rate: Decimal, valid_from: dt.date
) -> VatRate:
    """Enter the rate in percent that holds from a future date on. Raises InvalidInput.

    The past is never rewritten: orders carry the rate that held when they were placed.
    """
    wrong = {}
    if not VatClass.objects.filter(pk=vat_class).exists():
        wrong["vat_class"] = [_("This VAT class does not exist.")]
    if not 0 <= rate <= 100:
        wrong["rate"] = [_("A percentage lies between 0 and 100.")]
    if valid_from <= clock.shop_date(clock.now()):
        wrong["valid_from"] = [_("A rate can only begin on a day to come.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    with write_transaction():
        row = VatRate(vat_class_id=vat_class, rate=rate, valid_from=valid_from)
        with refused_by({"vat_rate_unique": _taken}):
            row.save()
        process_cache.changed()
        record(
            actor=actor,
            entity_type="settings",
            entity_id=row.pk,
            action=Action.CREATE,
            new={"vat_class": vat_class, "rate": rate, "valid_from": valid_from},
        )
    return row


def _taken() -> InvalidInput:
    return InvalidInput(fields={"valid_from": [_("This day already has a rate.")]})
