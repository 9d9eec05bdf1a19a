"""Places we deliver to. The first one is the default; the trail names fields, never streets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError

from accounts.errors import TooManyAddresses
from accounts.locks import lock_addresses
from accounts.models import Address, User
from audit.services import Action, record
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction

MAX_ADDRESSES = 50


@dataclass(frozen=True, kw_only=True)
class AddressData:
    """An address as it is typed."""

    line1: str
    city: str
    postal_code: str = ""
    label: str = ""
    line2: str = ""
    floor: str = ""
    door_code: str = ""
    instructions: str = ""
    is_default: bool = False


FIELDS = frozenset(AddressData.__dataclass_fields__) - {"is_default"}


def add_address(*, actor: User, data: AddressData) -> Address:
    """A new address of the actor. Raises InvalidInput, TooManyAddresses."""
    values = asdict(data)
    wants_default = values.pop("is_default")
    with write_transaction():
        existing = lock_addresses(user_id=actor.pk)
        if len(existing) >= MAX_ADDRESSES:
            raise TooManyAddresses
        address = _valid(Address(user_id=actor.pk, **values))
        if wants_default or not any(a.is_default for a in existing):
            _clear_default(existing)
            address.is_default = True
        address.save()
        _record(actor, address, Action.CREATE, {"is_default": address.is_default})
    return address


def update_address(*, actor: User, address_id: int, changes: dict[str, Any]) -> Address:
    """Change fields of an own address. Raises NotFound, InvalidInput."""
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
        if changed:
            _valid(address).save(update_fields=changed)
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


def _record(actor: User, address: Address, action: Action, new: dict[str, Any]) -> None:
    record(actor=actor, entity_type="address", entity_id=address.pk, action=action, new=new)
