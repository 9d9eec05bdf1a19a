"""What lists refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, PermissionRefused


class TooManyLists(DomainError):
    """`details.limit`."""

    code = "TOO_MANY_LISTS"
    message = _("That is as many lists as an account keeps. Delete one that you no longer need.")


class TooManyItems(DomainError):
    """`details.limit`."""

    code = "TOO_MANY_ITEMS"
    message = _("The list is full. Start another one.")


class TooManyMembers(DomainError):
    """`details.limit`."""

    code = "TOO_MANY_MEMBERS"
    message = _("As many people share this list as can.")


class DuplicateListName(DomainError):
    code = "DUPLICATE_NAME"
    message = _("Another one of your lists has this name.")


class FavouritesFixed(DomainError):
    code = "FAVOURITES_FIXED"
    message = _("Favourites keep their name and stay.")


class NotListOwner(PermissionRefused):
    code = "NOT_LIST_OWNER"
    message = _("Only the person whose list it is can do that.")


class ShareTokenInvalid(DomainError):
    code = "SHARE_TOKEN_INVALID"
    status = 400
    message = _("This link no longer leads to a list. Ask for a new one.")
