"""Places we deliver to. The first one is the default; the trail names fields, never streets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.errors import TooManyAddresses
from accounts.locks import lock_addresses
from accounts.models import Address, User
from audit.services import Action, record
from branches.areas import codes_of, destination_of, knows_places, suggestions
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction

MAX_ADDRESSES = 50


@dataclass(frozen=True, kw_only=True)
class AddressData:
    """An address as it is typed.

    `locality_code` says which place the city is; else its name does. `city_confirmed`: the name is
    right, though nobody knows the place.
    """

    line1: str
    city: str
    postal_code: str = ""
    label: str = ""
    line2: str = ""
    floor: str = ""
    door_code: str = ""
    instructions: str = ""
    is_default: bool = False
    locality_code: int | None = None
    city_confirmed: bool = False


FIELDS = frozenset(AddressData.__dataclass_fields__) - {
    "is_default", "locality_code", "city_confirmed",
}  # fmt: skip
FOUND_AT_ONCE = 500


def add_address(*, actor: User, data: AddressData) -> Address:
    """A new address of the actor, served or not. Raises InvalidInput (with `suggestions` for a city
    that nobody knows), TooManyAddresses."""
    values = asdict(data)
    wants_default = values.pop("is_default")
    code, confirmed = values.pop("locality_code"), values.pop("city_confirmed")
    with write_transaction():
        existing = lock_addresses(user_id=actor.pk)
        if len(existing) >= MAX_ADDRESSES:
            raise TooManyAddresses
        address = Address(user_id=actor.pk, **values)
        _locate(address, code=code, confirmed=confirmed)
        _valid(address)
        if wants_default or not any(a.is_default for a in existing):
            _clear_default(existing)
            address.is_default = True
        address.save()
        _record(actor, address, Action.CREATE, {"is_default": address.is_default})
    return address


def update_address(*, actor: User, address_id: int, changes: dict[str, Any]) -> Address:
    """Change fields of an own address; another city is looked up anew. Raises NotFound, InvalidInput
    (with `suggestions` for a city that nobody knows)."""
    with write_transaction():
        existing = lock_addresses(user_id=actor.pk)
        address = _own(existing, address_id)
        changed = [f for f in FIELDS if f in changes and getattr(address, f) != changes[f]]
        for field in changed:
            setattr(address, field, changes[field])
        if changes.get("is_default") and not address.is_default:
            _clear_default(existing)
            address.is_default = True
            changed.append("is_default")
        code = changes.get("locality_code")
        if code is not None or "city" in changed or ("city" in changes and not address.locality_id):
            before = address.locality_id
            _locate(address, code=code, confirmed=bool(changes.get("city_confirmed")))
            if address.locality_id != before:
                changed.append("locality")
        if changed:
            _valid(address)
            address.save(update_fields=changed)
            _record(actor, address, Action.UPDATE, {"changed": sorted(changed)})
    return address


def delete_address(*, actor: User, address_id: int) -> None:
    """Forget an own address; another becomes the default if it was that. Raises NotFound."""
    with write_transaction():
        existing = lock_addresses(user_id=actor.pk)
        address = _own(existing, address_id)
        others = [a for a in existing if a.pk != address.pk]
        _record(actor, address, Action.DELETE, {})
        was_default = address.is_default
        address.delete()
        if was_default and others:
            others[0].is_default = True
            others[0].save(update_fields=["is_default"])
            _record(actor, others[0], Action.SET_DEFAULT, {"is_default": True})


def set_default_address(*, actor: User, address_id: int) -> Address:
    """Make an own address the default one. Raises NotFound."""
    with write_transaction():
        existing = lock_addresses(user_id=actor.pk)
        address = _own(existing, address_id)
        if not address.is_default:
            _clear_default(existing)
            address.is_default = True
            address.save(update_fields=["is_default"])
            _record(actor, address, Action.SET_DEFAULT, {"is_default": True})
    return address


def _own(existing: list[Address], address_id: int) -> Address:
    for address in existing:
        if address.pk == address_id:
            return address
    raise NotFound


def _clear_default(existing: list[Address]) -> None:
    for address in existing:
        if address.is_default:
            address.is_default = False
            address.save(update_fields=["is_default"])


def _valid(address: Address) -> Address:
    for field in FIELDS:
        setattr(address, field, getattr(address, field).strip())
    try:
        address.clean_fields(exclude=["user"])
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    return address


def _locate(address: Address, *, code: int | None, confirmed: bool) -> None:
    """Which place the address is in. Raises InvalidInput for an unknown code or city."""
    if code is None and not address.city.strip():
        return  # refused as a field that is not filled in
    try:
        found = destination_of(code=code, city=address.city)
    except NotFound:
        raise InvalidInput(fields={"locality_code": [_("There is no such place.")]}) from None
    if found.locality is None and not confirmed and knows_places():
        raise unknown_city(address.city)
    if found.locality is not None and not address.city.strip():
        address.city = found.locality.name[:60]
    address.locality, address.destination = found.locality, found


def unknown_city(city: str, *, field: str = "city") -> InvalidInput:
    """The refusal of a city that nobody knows, with the places whose names are nearest."""
    text = _("We do not know this place. Choose one of the list, or say that the name is right.")
    near = [{"code": one.pk, "name": one.name} for one in suggestions(city=city)]
    return InvalidInput(fields={field: [text]}, suggestions=near)


def find_localities() -> int:
    """Give every address whose city is a place we know its locality; how many. In batches."""
    count, last = 0, 0
    while True:
        rows = list(
            Address.objects.filter(locality=None, pk__gt=last)
            .order_by("pk")
            .only("pk", "city")[:FOUND_AT_ONCE]
        )
        if not rows:
            return count
        last = rows[-1].pk
        codes = codes_of(names={row.city for row in rows})
        found = [row for row in rows if row.city in codes]
        for row in found:
            row.locality_id = codes[row.city]
        Address.objects.bulk_update(found, ["locality"])
        count += len(found)


def _record(actor: User, address: Address, action: Action, new: dict[str, Any]) -> None:
    record(actor=actor, entity_type="address", entity_id=address.pk, action=action, new=new)
