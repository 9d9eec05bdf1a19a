"""Branches as managers open, change and close them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from branches.errors import DeliverySourceRequired, DuplicateBranchName
from branches.locks import lock_branch, lock_delivery_source
from branches.models import Branch
from core.constraints import refused_by
from core.errors import InvalidInput
from core.phones import one_spelling
from core.text import tidy, validate_name, validate_text
from core.transactions import write_transaction

HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
FIELDS = (
    "name_he",
    "name_en",
    "address_he",
    "address_en",
    "city_he",
    "city_en",
    "phone",
    "opening_hours",
)
REQUIRED = FIELDS[:6]
TEXTS = frozenset(FIELDS[:7])
NAMES = dict.fromkeys(
    ("branch_name_he_unique", "branch_name_en_unique", "branch_code_unique"), DuplicateBranchName
)


@dataclass(frozen=True, kw_only=True)
class BranchData:
    """What a new branch is made of; `opening_hours` is {"0": ["07:00", "22:00"], …}, 0 Sunday."""

    name_he: str
    name_en: str
    address_he: str
    address_en: str
    city_he: str
    city_en: str
    phone: str = ""
    opening_hours: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""


def create_branch(*, actor: Actor | None, data: BranchData) -> Branch:
    """Open a branch. It has no stock rows yet: faces call `ops.services.open_branch`.

    Raises DuplicateName, InvalidInput.
    """
    values = _tidied(asdict(data))
    _check(values)
    values["code"] = data.code or _free_code(data.name_en)
    with write_transaction():
        branch = _saved(Branch(**values))
        record(
            actor=actor,
            entity_type="branch",
            entity_id=branch.pk,
            action=Action.CREATE,
            new={name: getattr(branch, name) for name in ("code", *FIELDS)},
        )
    return branch


def update_branch(*, actor: Actor | None, branch_id: int, changes: Mapping[str, Any]) -> Branch:
    """Change fields of a branch, `is_delivery_source` and `is_active` among them.

    Making a branch the delivery source takes the part from the one that had it. Raises NotFound,
    DuplicateName, InvalidInput, DeliverySourceRequired.
    """
    changes = _tidied(changes)
    _check(changes)
    with write_transaction():
        branch = lock_branch(branch_id=branch_id)
        _change_fields(actor, branch, changes)
        if changes.get("is_active", branch.is_active) != branch.is_active:
            _switch(actor, branch, active=bool(changes["is_active"]))
        if changes.get("is_delivery_source", branch.is_delivery_source) != (
            branch.is_delivery_source
        ):
            _move_source(actor, branch, wanted=bool(changes["is_delivery_source"]))
    return branch


def deactivate_branch(*, actor: Actor | None, branch_id: int) -> Branch:
    """Close a branch to customers. Raises NotFound, DeliverySourceRequired."""
    return update_branch(actor=actor, branch_id=branch_id, changes={"is_active": False})


def _change_fields(actor: Actor | None, branch: Branch, changes: Mapping[str, Any]) -> None:
    changed = [n for n in FIELDS if n in changes and changes[n] != getattr(branch, n)]
    if not changed:
        return
    old = {name: getattr(branch, name) for name in changed}
    for name in changed:
        setattr(branch, name, changes[name])
    _saved(branch, update_fields=changed)
    record(
        actor=actor,
        entity_type="branch",
        entity_id=branch.pk,
        action=Action.UPDATE,
        old=old,
        new={name: getattr(branch, name) for name in changed},
    )


def _switch(actor: Actor | None, branch: Branch, *, active: bool) -> None:
    serves = branch.is_delivery_source or branch.areas.filter(is_active=True).exists()
    if not active and serves:
        raise DeliverySourceRequired
    branch.is_active = active
    branch.save(update_fields=["is_active"])
    record(
        actor=actor,
        entity_type="branch",
        entity_id=branch.pk,
        action=Action.ACTIVATE if active else Action.DEACTIVATE,
        old={"is_active": not active},
        new={"is_active": active},
    )


def _move_source(actor: Actor | None, branch: Branch, *, wanted: bool) -> None:
    if not wanted or not branch.is_active:
        raise DeliverySourceRequired
    former = lock_delivery_source()
    if former is not None:
        _set_source(actor, former, value=False)
    _set_source(actor, branch, value=True)


def _set_source(actor: Actor | None, branch: Branch, *, value: bool) -> None:
    branch.is_delivery_source = value
    branch.save(update_fields=["is_delivery_source"])
    record(
        actor=actor,
        entity_type="branch",
        entity_id=branch.pk,
        action=Action.UPDATE,
        old={"is_delivery_source": not value},
        new={"is_delivery_source": value},
    )


def _saved(branch: Branch, **options: Any) -> Branch:
    with refused_by(NAMES):
        branch.save(**options)
    return branch


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {n: tidy(v) if n in TEXTS and isinstance(v, str) else v for n, v in values.items()}


def _check(values: Mapping[str, Any]) -> None:
    fields: dict[str, list[str]] = {
        name: [_("Please fill this in.")]
        for name in REQUIRED
        if name in values and not str(values[name]).strip()
    }
    for name in TEXTS & values.keys() - fields.keys():
        judge = validate_name if name.startswith("name_") else validate_text
        try:
            judge(str(values[name]))
        except ValidationError as error:
            fields[name] = error.messages
    if values.get("phone") and "phone" not in fields:
        try:
            one_spelling(str(values["phone"]))
        except ValidationError as error:
            fields["phone"] = error.messages
    for name in FIELDS[:7]:
        limit = Branch._meta.get_field(name).max_length or 0  # type: ignore[union-attr]
        if len(str(values.get(name, ""))) > limit:
            fields[name] = [_("At most %(limit)d characters.") % {"limit": limit}]
    if "opening_hours" in values and not _hours_are_sound(values["opening_hours"]):
        fields["opening_hours"] = [
            _('Write it as {"0": ["07:00", "22:00"]}: 0 is Sunday, opening before closing.')
        ]
    if fields:
        raise InvalidInput(fields=fields)


def _hours_are_sound(hours: Any) -> bool:
    if not isinstance(hours, Mapping):
        return False
    return all(
        day in {"0", "1", "2", "3", "4", "5", "6"}
        and isinstance(pair, list | tuple)
        and len(pair) == 2
        and all(isinstance(t, str) and HOURS.fullmatch(t) for t in pair)
        and pair[0] < pair[1]
        for day, pair in hours.items()
    )


def _free_code(name: str) -> str:
    base = slugify(name)[:26] or "branch"
    taken = set(Branch.objects.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(code for n in range(2, 999) if (code := f"{base}-{n}") not in taken)
