"""Delivery areas as managers draw them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from branches.area_models import AreaLocality, DeliveryArea, Locality
from branches.areas import area_of
from branches.errors import DuplicateAreaName, LocalityTaken
from branches.locks import lock_area
from branches.models import Branch
from core.constraints import refused_by
from core.errors import InvalidInput
from core.text import tidy, validate_name
from core.transactions import write_transaction

FIELDS = (
    "name_he", "name_en", "branch_id", "fee", "minimum", "free_from", "same_day", "is_active",
)  # fmt: skip
NAMES = ("name_he", "name_en")
AMOUNTS = ("fee", "minimum", "free_from")
REFUSED: dict[str, Any] = {
    "area_name_he_unique": DuplicateAreaName,
    "area_name_en_unique": DuplicateAreaName,
    "locality_one_active_area": lambda: LocalityTaken(codes=[]),
}
MOST = Decimal("9999.99")


def create_area(*, actor: Actor | None, values: Mapping[str, Any]) -> DeliveryArea:
    """A new area with its `localities` (codes). Raises InvalidInput, DuplicateAreaName,
    LocalityTaken."""
    changes = _tidied(values)
    codes = _codes(changes.pop("localities", ()))
    _check(changes, needed=NAMES)
    _check_known(codes)
    with _naming(codes), write_transaction(), refused_by(REFUSED):
        area = DeliveryArea.objects.create(**_fields(changes))
        _set_localities(area, codes)
        record(
            actor=actor,
            entity_type="delivery_area",
            entity_id=area.pk,
            action=Action.CREATE,
            new={**{name: getattr(area, name) for name in FIELDS}, "localities": codes},
        )
    return area_of(area_id=area.pk)


def update_area(*, actor: Actor | None, area_id: int, changes: Mapping[str, Any]) -> DeliveryArea:
    """Change fields of an area; `localities` replaces all of them. Orders keep what they agreed on.

    Raises NotFound, InvalidInput, DuplicateAreaName, LocalityTaken.
    """
    wanted = _tidied(changes)
    codes = _codes(wanted.pop("localities")) if "localities" in wanted else None
    _check(wanted, needed=())
    _check_known(codes or ())
    with _naming(codes, but_for=area_id), write_transaction(), refused_by(REFUSED):
        area = lock_area(area_id=area_id)
        before = _codes(area.members.values_list("locality_id", flat=True))
        changed = [n for n in FIELDS if n in wanted and wanted[n] != getattr(area, n)]
        old = {name: getattr(area, name) for name in changed}
        new = {name: wanted[name] for name in changed}
        for name in changed:
            setattr(area, name, wanted[name])
        if changed:
            area.save(update_fields=changed)
        if codes is not None and codes != before:
            old["localities"], new["localities"] = before, codes
        if "localities" in new or "is_active" in new:
            _set_localities(area, before if codes is None else codes)
        if new:
            record(
                actor=actor,
                entity_type="delivery_area",
                entity_id=area.pk,
                action=Action.UPDATE,
                old=old,
                new=new,
            )
    return area_of(area_id=area_id)


def delete_area(*, actor: Actor | None, area_id: int) -> None:
    """Serve its localities no more. Orders keep what they agreed on. Raises NotFound."""
    with write_transaction():
        area = lock_area(area_id=area_id)
        codes = _codes(area.members.values_list("locality_id", flat=True))
        record(
            actor=actor,
            entity_type="delivery_area",
            entity_id=area.pk,
            action=Action.DELETE,
            old={**{name: getattr(area, name) for name in FIELDS}, "localities": codes},
        )
        area.delete()


@contextmanager
def _naming(codes: list[int] | None, *, but_for: int | None = None) -> Iterator[None]:
    """Two who took a locality at once: the constraint decided, and the other is told which it was.

    Around the transaction, which is taken back by then; `codes` None are the area's own.
    """
    try:
        yield
    except LocalityTaken as refusal:
        if refusal.details["codes"]:
            raise
        wanted: Any = codes
        if wanted is None:
            own = AreaLocality.objects.filter(area_id=but_for)
            wanted = own.values_list("locality_id", flat=True)
        others = AreaLocality.objects.filter(locality__in=wanted, is_active=True)
        taken = others.exclude(area_id=but_for).values_list("locality_id", flat=True)
        raise LocalityTaken(codes=sorted(taken)) from refusal


def _set_localities(area: DeliveryArea, codes: list[int]) -> None:
    """Raises LocalityTaken where another active area has one of them."""
    area.members.all().delete()
    if area.is_active:
        others = AreaLocality.objects.filter(locality__in=codes, is_active=True)
        taken = sorted(others.values_list("locality_id", flat=True))
        if taken:
            raise LocalityTaken(codes=taken)
    AreaLocality.objects.bulk_create(
        AreaLocality(area=area, locality_id=code, is_active=area.is_active) for code in codes
    )


def _codes(codes: Iterable[int]) -> list[int]:
    return sorted(set(codes))


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    known = {*FIELDS, "localities"}
    return {
        name: tidy(value) if name in NAMES else value
        for name, value in values.items()
        if name in known
    }


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty and has a usual value."""
    return {name: value for name, value in values.items() if value is not None}


def _check(values: Mapping[str, Any], *, needed: Iterable[str]) -> None:
    fields: dict[str, list[str]] = {}
    for name in NAMES:
        if name in values or name in needed:
            fields |= _name_faults(name, values.get(name, ""))
    for name in AMOUNTS:
        amount = values.get(name)
        if amount is not None and not 0 <= amount <= MOST:
            fields[name] = [_("An amount from 0.00 to 9,999.99.")]
    if "minimum" in values and values["minimum"] is None:
        fields["minimum"] = [_("Please fill this in.")]
    branch_id = values.get("branch_id")
    if branch_id is not None and not _is_open(branch_id):
        fields["branch_id"] = [_("There is no such open branch.")]
    if fields:
        raise InvalidInput(fields=fields)


def _name_faults(name: str, text: str) -> dict[str, list[str]]:
    if not text:
        return {name: [_("Please fill this in.")]}
    if len(text) > 80:
        return {name: [_("At most %(limit)d characters.") % {"limit": 80}]}
    try:
        validate_name(text)
    except ValidationError as error:
        return {name: error.messages}
    return {}


def _is_open(branch_id: int) -> bool:
    return Branch.objects.filter(pk=branch_id, is_active=True).exists()


def _check_known(codes: Iterable[int]) -> None:
    """Raises InvalidInput for codes that are none of a locality."""
    wanted = set(codes)
    known = set(Locality.objects.filter(code__in=wanted).values_list("code", flat=True))
    if unknown := sorted(wanted - known):
        listed = ", ".join(map(str, unknown[:5]))
        text = _("No place has the code %(codes)s.") % {"codes": listed}
        raise InvalidInput(fields={"localities": [text]})
