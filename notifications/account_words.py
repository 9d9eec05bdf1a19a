"""What messages about an account say: one row for each event, one layout for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Words:
    """`button` names the link, where there is one; `after` stands below it."""

    subject: Any
    said: Any
    button: Any = ""
    after: Any = ""


_NOT_YOU = _("If it was not you, simply delete this message: nothing has changed.")

WORDS = {
    "account_verify": Words(
        subject=_("Please confirm your address at Mami"),
        said=_(
            "Please confirm that this address is yours. The link works for 7 days; it opens a page "
            "with one button:"
        ),
        button=_("Confirm the address"),
        after=_NOT_YOU,
    ),
    "account_email_change": Words(
        subject=_("Your new address at Mami"),
        said=_(
            "Somebody, hopefully you, wants to sign in to Mami with this address from now on. The "
            "link works for 24 hours; it opens a page with one button:"
        ),
        button=_("Use this address"),
        after=_NOT_YOU,
    ),
    "account_email_changed": Words(
        subject=_("Your address at Mami is being changed"),
        said=_(
            "Somebody, hopefully you, is changing the address you sign in to Mami with. If it was "
            "not you, this link stops it, and for 7 days after the change takes it back and signs "
            "everybody out:"
        ),
        button=_("It was not me"),
        after=_("If it was you, there is nothing to do."),
    ),
    "account_password_reset": Words(
        subject=_("A new password for Mami"),
        said=_(
            "Somebody, hopefully you, asked for a new password for Mami. This link works once, for "
            "30 minutes:"
        ),
        button=_("Choose a new password"),
        after=_NOT_YOU,
    ),
    "account_password_changed": Words(
        subject=_("Your password for Mami was changed"),
        said=_(
            "The password of your Mami account was changed, and every other device signed out. "
            "If it was not you, get back in with a link by e-mail:"
        ),
        button=_("Choose a new password"),
        after=_("If it was you, there is nothing to do."),
    ),
    "account_new_sign_in": Words(
        subject=_("A new sign-in to Mami"),
        said=_("Somebody signed in to your Mami account on a device we had not seen before."),
        button=_("See where you are signed in"),
        after=_(
            "If it was you, there is nothing to do. If not, sign that device out on this page and "
            "choose a new password."
        ),
    ),
    "account_guarded": Words(
        subject=_("Somebody is trying your password for Mami"),
        said=format_lazy(
            "{} {}",
            _(
                "Somebody has tried ten passwords for your Mami account, from places you have not "
                "used before. None of them was right, and for a quarter of an hour nobody from such "
                "places may try again."
            ),
            _(
                "Your own phone and computer are not affected. If you are somewhere new yourself, "
                "this page sends you a link that lets you in:"
            ),
        ),
        button=_("A link by e-mail"),
    ),
    "account_second_factor_reset": Words(
        subject=_("Your second factor for Mami was taken off"),
        said=_(
            "The second factor of your Mami account was taken off by an admin, and every device was "
            "signed out. Sign in with your password and set it up again."
        ),
        after=_("If you did not ask for that, answer this mail or call us at once."),
    ),
    "account_erased": Words(
        subject=_("Your account at Mami is erased"),
        said=_(
            "Your account at Mami is erased, with your addresses, cards and baskets. Invoices stay "
            "for seven years, as the law asks. You are welcome to open a new account."
        ),
    ),
}
