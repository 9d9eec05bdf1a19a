"""The events people are told of: one row each.

A row names the function that makes its text's context when it is sent, by a string because its app
is above this one; it gets the message's own context (keys only) as keyword arguments and may raise
`Obsolete` when there is nothing to tell any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import ConsentKind

EMAIL, SMS = "EMAIL", "SMS"
GROUPS = {
    "ORDER": _("Orders"),
    "MONEY": _("Money and papers"),
    "STANDING": _("Standing orders, lists and waiting"),
    "ACCOUNT": _("Your account"),
    "NEWS": _("Offers"),
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """`channels` are those it has, each with whether it is on unless the person says otherwise.

    Mail of a `duty` cannot be switched off. What is `urgent` wakes people at night. `template` is
    the folder's name of its texts. `consents` of a channel is the kind of consent that switches it,
    where the law asks for one.
    """

    name: str
    label: Any
    context: str
    group: str = "ORDER"
    email: bool = True
    sms: bool | None = None
    duty: bool = False
    urgent: bool = False
    template: str = ""
    consents: Mapping[str, str] = field(default_factory=dict)

    @property
    def channels(self) -> dict[str, bool]:
        return {EMAIL: self.email} | ({} if self.sms is None else {SMS: self.sms})

    @property
    def files(self) -> str:
        return self.template or self.name

    def is_duty(self, channel: str) -> bool:
        return self.duty and channel == EMAIL

    def may_wake(self, channel: str) -> bool:
        """Whether it goes out in the hours somebody asked to be left alone."""
        return self.urgent or self.is_duty(channel)


def _mailing(maker: str) -> str:
    return f"orders.mailing.{maker}_context"


def _account(name: str, label: Any, maker: str) -> Event:
    """Mail about the account is a duty, by e-mail alone."""
    return Event(
        name=f"account_{name}", label=label, group="ACCOUNT", duty=True, template="account",
        context=f"notifications.mailing.{maker}_context",
    )  # fmt: skip


_ALL = (
    Event(name="order_confirmed", label=_("Order confirmed"), context=_mailing("order"), duty=True),
    Event(name="order_changed", label=_("Order changed"), context=_mailing("changed"), duty=True),
    Event(
        name="picking_started", label=_("Picking began"), email=False, sms=False, context=_mailing("status"), template="order_status"
    ),
    Event(
        name="substitute_question", label=_("A question while picking"),
        context=_mailing("question"), sms=True, duty=True, urgent=True,
    ),
    Event(
        name="order_missing", label=_("Something is missing or different"),
        context=_mailing("missing"), sms=False, duty=True,
    ),
    Event(
        name="order_ready", label=_("Ready to be picked up"), sms=True, duty=True, urgent=True,
        context=_mailing("status"), template="order_status",
    ),
    Event(name="out_for_delivery", label=_("On its way"), sms=True, urgent=True, context=_mailing("status"), template="order_status"),
    Event(name="order_delivered", label=_("Delivered"), sms=False, context=_mailing("status"), template="order_status"),
    Event(name="order_delayed", label=_("A delay"), sms=True, duty=True, context=_mailing("status"), template="order_status"),
    Event(name="order_canceled", label=_("Cancelled"), sms=False, duty=True, context=_mailing("status"), template="order_status"),
    Event(
        name="refund_issued", label=_("Money given back"), group="MONEY",
        context=_mailing("refund"), duty=True,
    ),
    Event(
        name="problem_received", label=_("Your report reached us"), group="MONEY",
        context=_mailing("problem"), duty=True,
    ),
    Event(
        name="problem_decided", label=_("What became of your report"), group="MONEY",
        context=_mailing("problem"), duty=True,
    ),
    Event(
        name="order_scheduled", label=_("Order placed for later"), context=_mailing("order"),
        duty=True,
    ),
    Event(
        name="order_held", label=_("Money held"), group="MONEY", context=_mailing("held"), duty=True
    ),
    Event(
        name="order_hold_failed", label=_("Money could not be held"), group="MONEY",
        context=_mailing("unpaid"), sms=True, duty=True,
    ),
    Event(
        name="order_paid", label=_("Payment received"), group="MONEY", context=_mailing("held"),
        duty=True,
    ),
    Event(
        name="order_not_paid", label=_("Not paid in time"), group="MONEY",
        context=_mailing("order"), sms=True, duty=True,
    ),
    Event(name="order_window", label=_("Another time"), context=_mailing("window"), duty=True),
    Event(
        name="standing_upcoming", group="STANDING", label=_("Before a standing order"), sms=False,
        context="standing.mailing.upcoming_context",
    ),
    Event(
        name="standing_asked", group="STANDING", label=_("Prices of a standing order rose"), sms=True, duty=True,
        context="standing.mailing.asked_context",
    ),
    Event(
        name="standing_failed", group="STANDING", label=_("A standing order was not placed"), sms=True, duty=True,
        context="standing.mailing.failed_context",
    ),
    Event(
        name="list_invited", group="STANDING", label=_("Lists you joined"), context="lists.mailing.invited_context"
    ),
    Event(
        name="waiting_offer", group="STANDING", label=_("What you waited for"), sms=True,
        context="waiting.mailing.offer_context",
    ),
    Event(
        name="order_document", label=_("Invoices and credit notes"), group="MONEY",
        context=_mailing("document"), duty=True,
    ),
    Event(
        name="recall_notice", label=_("Something you bought is called back"), sms=True, duty=True,
        urgent=True, context=_mailing("recall"),
    ),
    _account("verify", _("Confirm your address"), "proof"),
    _account("email_change", _("Confirm a new address"), "proof"),
    _account("email_changed", _("Your address is being changed"), "proof"),
    _account("password_reset", _("A link for a new password"), "reset"),
    _account("password_changed", _("Your password was changed"), "password"),
    _account("new_sign_in", _("A sign-in from a new device"), "sign_in"),
    _account("guarded", _("Somebody is trying your password"), "guarded"),
    _account("second_factor_reset", _("Your second factor was taken off"), "second_factor"),
    _account("erased", _("Your account is erased"), "erased"),
    Event(
        name="news", label=_("Offers and news from us"), group="NEWS", email=False, sms=False,
        context="notifications.mailing.news_context",
        consents={EMAIL: ConsentKind.MARKETING_EMAIL, SMS: ConsentKind.MARKETING_SMS},
    ),
)  # fmt: skip
EVENTS: dict[str, Event] = {event.name: event for event in _ALL}
BY_STATUS = {
    "IN_PROGRESS": "picking_started",
    "READY": "order_ready",
    "OUT_FOR_DELIVERY": "out_for_delivery",
    "DELIVERED": "order_delivered",
    "DELAYED": "order_delayed",
    "CANCELED": "order_canceled",
}
"""What tells of an order's new status."""


def context_maker(event: str) -> Callable[..., Mapping[str, Any]]:
    """The function behind an event. Raises KeyError for an unknown one."""
    found: Callable[..., Mapping[str, Any]] = import_string(EVENTS[event].context)
    return found
