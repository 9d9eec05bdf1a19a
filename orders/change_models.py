"""A change of an order between its steps: what is promised for it already, until when."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.money import line_total


class OrderChange(models.Model):
    """One change of a placed order, as it was asked for and agreed.

    OPEN holds the goods it adds and its place in another window, while the money is asked for.
    DONE stands in the order; RELEASED gave everything back. `plan` is what the order will become,
    emptied once it is decided.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", _("being changed")
        DONE = "DONE", pgettext_lazy("order", "changed")
        RELEASED = "RELEASED", _("given back")

    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="change_requests"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.ForeignKey(
        "checkout.IdempotencyKey", null=True, on_delete=models.SET_NULL, related_name="changes"
    )
    payment = models.OneToOneField(
        "payments.Payment", null=True, on_delete=models.PROTECT, related_name="order_change"
    )
    question = models.ForeignKey(
        "orders.OrderQuestion",
        null=True,
        on_delete=models.SET_NULL,
        related_name="changes",
        db_index=False,
        help_text=_("The proposal of staff that its customer agreed to."),
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    version = models.PositiveIntegerField(help_text=_("Of the order that is changed."))
    total_before = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=200, blank=True, default="")
    branch = models.ForeignKey(
        "branches.Branch", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    dated_slot = models.ForeignKey(
        "branches.DatedSlot",
        null=True,
        on_delete=models.PROTECT,
        related_name="changes",
        help_text=_("The window in which a place is taken for it; empty where none is."),
    )
    added = models.JSONField(help_text=_("Promised for it at its branch, by product."))
    plan = models.JSONField(help_text=_("What the order will become."))
    lease_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change of an order")
        verbose_name_plural = _("changes of orders")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status="OPEN"), name="order_change_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "DONE", "RELEASED"]),
                name="order_change_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_expires_at", "id"],
                condition=Q(status="OPEN"),
                name="order_change_open",
            )
        ]

    def __str__(self) -> str:
        return f"change of {self.order_id}: {self.status}"


class OrderQuestion(models.Model):
    """Something the customer is asked about an order, and until when they may answer.

    SUBSTITUTE is about a line of which something is missing, CHANGE about a change of the order
    that staff propose. The first answer counts.
    """

    class Kind(models.TextChoices):
        SUBSTITUTE = "SUBSTITUTE", _("something instead")
        CHANGE = "CHANGE", _("a change of the order")

    class Status(models.TextChoices):
        OPEN = "OPEN", _("waits for an answer")
        ACCEPTED = "ACCEPTED", pgettext_lazy("answer", "accepted")
        REJECTED = "REJECTED", _("not wanted")
        EXPIRED = "EXPIRED", _("not answered in time")
        BY_PHONE = "BY_PHONE", _("agreed by phone")

    minutes_left: int
    """For whoever answers, as `selectors.open_questions` sets it."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="questions")
    item = models.ForeignKey(
        "orders.OrderItem", null=True, on_delete=models.SET_NULL, related_name="questions"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUBSTITUTE)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    missing_quantity = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    branch = models.ForeignKey(
        "branches.Branch",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("Where what is offered is promised; empty: where the order is packed."),
    )
    proposal = models.JSONField(default=dict, help_text=_("The change that is proposed."))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("question to a customer")
        verbose_name_plural = _("questions to customers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(status="OPEN"), name="order_question_one_open"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status="OPEN", kind="CHANGE"),
                name="order_question_one_proposal",
            ),
            models.CheckConstraint(
                condition=Q(status="OPEN", answered_at__isnull=True)
                | (~Q(status="OPEN") & Q(answered_at__isnull=False)),
                name="order_question_answered_when_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_until", "id"],
                condition=Q(status="OPEN"),
                name="order_question_open",
            )
        ]

    def __str__(self) -> str:
        return f"question {self.kind} of {self.order_id}: {self.status}"

    @property
    def total(self) -> Decimal:
        """What the order would cost after the proposed change (₪)."""
        return Decimal(self.proposal.get("total", 0))

    @property
    def difference(self) -> Decimal:
        """How much more that is than before (₪)."""
        return self.total - Decimal(self.proposal.get("total_before", 0))

    @property
    def minutes_given(self) -> int:
        """How long its customer had from the start."""
        return math.ceil((self.answer_until - self.asked_at).total_seconds() / 60)

    @property
    def worth(self) -> Decimal:
        """What is not charged where nothing comes instead (₪), of a SUBSTITUTE."""
        if self.item is None or self.missing_quantity is None:
            return Decimal("0.00")
        return line_total(self.item.unit_price, self.missing_quantity)

    @property
    def window(self) -> tuple[dt.date, dt.time, dt.time] | None:
        """The other window that is proposed: its day, start and end. None where it stays, and once the
        question is closed."""
        kept = self.proposal.get("window")
        if not kept:
            return None
        start, end = (dt.time.fromisoformat(kept[name]) for name in ("start", "end"))
        return dt.date.fromisoformat(kept["date"]), start, end

    @property
    def less(self) -> list[tuple[str, Decimal, Decimal]]:
        """Of what there would be less: its name in the reader's language, before, after."""
        name = "name_en" if get_language() == "en" else "name_he"
        return [
            (row[name], Decimal(row["before"]), Decimal(row["after"]))
            for row in self.proposal.get("less", ())
        ]


class QuestionOffer(models.Model):
    """A product offered in a question, promised to it while it is open."""

    question = models.ForeignKey(OrderQuestion, on_delete=models.CASCADE, related_name="offers")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    line_total = models.DecimalField(
        max_digits=12, decimal_places=2, help_text=_("What it would cost, never dearer.")
    )

    class Meta:
        verbose_name = _("offer of a question")
        verbose_name_plural = _("offers of questions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["question", "product"], name="question_offer_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="question_offer_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"
