"""Making, naming and deleting lists; the favourites, which are made on first use."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.locks import lock_customer
from accounts.models import User
from audit.services import Action, record
from core.constraints import refused_by
from core.errors import InvalidInput
from core.text import tidy, validate_text
from core.transactions import write_transaction
from lists.errors import DuplicateListName, FavouritesFixed, TooManyLists
from lists.models import NAME_LENGTH, ListItem, ShoppingList
from lists.services.lines import put_line
from lists.services.locking import locked_own

MOST_LISTS = 50
NAME_TAKEN = {"list_name_unique": DuplicateListName}


def create_list(*, actor: User, name: str) -> ShoppingList:
    """A list of one's own, empty. Raises InvalidInput, DuplicateListName, TooManyLists."""
    name = _valid_name(name)
    with write_transaction():
        lock_customer(user_id=actor.pk)
        own = ShoppingList.objects.filter(owner=actor)
        if own.filter(name__iexact=name, is_favourites=False).exists():
            raise DuplicateListName
        if own.count() >= MOST_LISTS:
            raise TooManyLists(limit=MOST_LISTS)
        with refused_by(NAME_TAKEN):
            made = ShoppingList.objects.create(owner=actor, name=name)
        _audit(actor, made, Action.CREATE)
    return made


def rename_list(*, actor: User, list_id: int, name: str) -> ShoppingList:
    """Give it another name. Raises NotFound, NotListOwner, FavouritesFixed, InvalidInput,
    DuplicateListName."""
    name = _valid_name(name)
    with write_transaction():
        row = locked_own(actor=actor, list_id=list_id)
        if row.is_favourites:
            raise FavouritesFixed
        row.name = name
        with refused_by(NAME_TAKEN):
            row.save(update_fields=["name", "updated_at"])
        _audit(actor, row, Action.UPDATE)
    return row


def delete_list(*, actor: User, list_id: int) -> None:
    """Delete it for everybody on it. Raises NotFound, NotListOwner, FavouritesFixed."""
    with write_transaction():
        row = locked_own(actor=actor, list_id=list_id)
        if row.is_favourites:
            raise FavouritesFixed
        _audit(actor, row, Action.DELETE)
        row.delete()


def put_favourite(*, actor: User, product_id: int, now: dt.datetime) -> ListItem:
    """The heart: remember a product; once is enough. Raises NotFound, ProductInactive,
    TooManyItems."""
    with write_transaction():
        return put_line(
            actor=actor,
            list_id=favourites_of(actor=actor).pk,
            product_id=product_id,
            quantity=None,
            note=None,
            now=now,
        )[1]


def take_favourite(*, actor: User, product_id: int) -> None:
    """Forget a product, remembered or not."""
    ListItem.objects.filter(
        list__owner=actor, list__is_favourites=True, product_id=product_id
    ).delete()


def favourites_of(*, actor: User) -> ShoppingList:
    """The actor's favourites, made where there are none; two first hearts see the same list."""
    return ShoppingList.objects.get_or_create(owner=actor, is_favourites=True)[0]


def _valid_name(name: str) -> str:
    tidied = " ".join(tidy(name).split())
    try:
        validate_text(tidied)
    except ValidationError as error:
        raise InvalidInput(fields={"name": error.messages}) from error
    if not 1 <= len(tidied) <= NAME_LENGTH:
        said = _("A name has 1 to %(n)s characters.") % {"n": NAME_LENGTH}
        raise InvalidInput(fields={"name": [said]})
    return tidied


def _audit(actor: User, row: ShoppingList, action: Action) -> None:
    """The trail says that, not how it is called: people name lists after people."""
    record(actor=actor, entity_type="list", entity_id=row.pk, action=action)
