"""Money held, taken and given back, and the provider's word for each of it.

No card number ever reaches these tables: the provider's token stands for the card.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.choices import PaymentState


class PaymentToken(models.Model):
    """A card saved at the provider. `token` is never shown, logged or audited."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="payment_tokens"
    )
    provider = models.CharField(max_length=20)
    token = models.CharField(max_length=200)
    brand = models.CharField(_("card"), max_length=20, blank=True, default="")
    last4 = models.CharField(_("last digits"), max_length=4, blank=True, default="")
    exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("saved card")
        verbose_name_plural = _("saved cards")
        ordering = ["-is_default", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="payment_token_one_default"
            ),
            models.UniqueConstraint(
                fields=["user", "provider", "token"], name="payment_token_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand.title()} ···· {self.last4}"


class Payment(models.Model):
    """One hold of an order's money, captured at most once and never above what was held.

    An order may need several in its life; at most one of them is ever captured. SCHEDULED: the card
    is verified and kept, and asked at `authorize_at`. UNPAID: the shop needs its customer's word
    until `pay_until`. NONE: there is nothing to pay. `kept_token` is the card of a one-off payment
    that its customer agreed to (`consent_text`, `consent_at`) to be asked later; never shown,
    logged or audited. `is_renewal`: asked for by the shop on the card of the hold before it, whose
    agreement goes along.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments"
    )
    order_number = models.CharField(_("order"), max_length=11)
    provider = models.CharField(max_length=20)
    provider_reference = models.CharField(max_length=100, blank=True, default="")
    idempotency_key = models.CharField(max_length=80)
    payment_token = models.ForeignKey(
        PaymentToken, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    brand = models.CharField(max_length=20, blank=True, default="")
    last4 = models.CharField(max_length=4, blank=True, default="")
    state = models.CharField(
        max_length=20, choices=PaymentState.choices, default=PaymentState.PENDING
    )
    amount = models.DecimalField(_("asked for"), max_digits=12, decimal_places=2)
    authorized = models.DecimalField(_("held"), max_digits=12, decimal_places=2, default=0)
    captured = models.DecimalField(_("charged"), max_digits=12, decimal_places=2, default=0)
    refunded = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)
    failure = models.CharField(_("reason of failure"), max_length=60, blank=True, default="")
    hold_expires_at = models.DateTimeField(
        _("held until"), null=True, blank=True, help_text=_("By the provider's word.")
    )
    hold_checked_at = models.DateTimeField(null=True, blank=True)
    authorize_at = models.DateTimeField(_("to be held at"), null=True, blank=True)
    pay_until = models.DateTimeField(_("to be paid by"), null=True, blank=True)
    asked_at = models.DateTimeField(_("last asked for"), null=True, blank=True)
    kept_token = models.CharField(max_length=200, blank=True, default="")
    consent_text = models.CharField(max_length=40, blank=True, default="")
    consent_at = models.DateTimeField(null=True, blank=True)
    is_renewal = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="payment_key_unique"),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="payment_reference_unique",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount=0, state=PaymentState.NONE),
                name="payment_amount_positive",
            ),
            models.UniqueConstraint(
                fields=["order_number"],
                condition=Q(captured__gt=0),
                name="payment_one_capture_per_order",
            ),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.SCHEDULED) | Q(authorize_at__isnull=False),
                name="payment_scheduled_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(authorized__gte=0, authorized__lte=F("amount")),
                name="payment_authorized_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("authorized")),
                name="payment_captured_within_authorized",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
                name="payment_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PaymentState.values), name="payment_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "updated_at"], name="payment_state_updated"),
            models.Index(fields=["created_at", "-id"], name="payment_created"),
            models.Index(
                OpClass("order_number", "varchar_pattern_ops"), name="payment_number_begins"
            ),
            models.Index(
                fields=["authorize_at", "id"],
                condition=Q(state=PaymentState.SCHEDULED),
                name="payment_scheduled",
            ),
            models.Index(
                fields=["hold_expires_at", "id"],
                condition=Q(state=PaymentState.AUTHORIZED),
                name="payment_runs_out",
            ),
            models.Index(
                fields=["pay_until", "id"],
                condition=Q(state=PaymentState.UNPAID),
                name="payment_unpaid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number}: {self.get_state_display()}"


class ProviderCall(models.Model):
    """One thing asked of the provider, written before it is asked and finished after.

    Repeating it with the same `idempotency_key` is always safe.
    """

    class Kind(models.TextChoices):
        VERIFY = "VERIFY", _("check of the card")
        AUTHORIZE = "AUTHORIZE", _("hold")
        CAPTURE = "CAPTURE", _("charge")
        VOID = "VOID", pgettext_lazy("hold", "release")
        REFUND = "REFUND", _("refund")

    class State(models.TextChoices):
        STARTED = "STARTED", _("asked")
        SUCCEEDED = "SUCCEEDED", _("done")
        REFUSED = "REFUSED", _("refused")
        UNANSWERED = "UNANSWERED", _("not answered")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="calls")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    idempotency_key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STARTED)
    attempts = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=60, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_followed = models.BooleanField(
        db_default=False, help_text=_("Whether the order's side of its outcome is written.")
    )

    class Meta:
        verbose_name = _("provider call")
        verbose_name_plural = _("provider calls")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="provider_call_key_unique"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="CAPTURE"), name="provider_call_one_capture"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="provider_call_amount"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state__in=["STARTED", "UNANSWERED"]),
                name="provider_call_open",
            ),
            models.Index(
                fields=["finished_at"],
                condition=Q(state="SUCCEEDED", kind__in=["CAPTURE", "REFUND"]),
                name="provider_call_settled",
            ),
            models.Index(
                fields=["id"],
                condition=Q(
                    state__in=["SUCCEEDED", "REFUSED"],
                    kind__in=["CAPTURE", "REFUND"],
                    is_followed=False,
                ),
                name="provider_call_to_follow",
            ),
            # As the office's list is narrowed.
            models.Index(fields=["kind", "-id"], name="provider_call_kind"),
            models.Index(
                fields=["-id"], condition=Q(state="REFUSED"), name="provider_call_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class RefundReason(models.TextChoices):
    DAMAGED = "DAMAGED", _("damaged")
    NOT_DELIVERED = "NOT_DELIVERED", _("not delivered")
    WRONG_ITEM = "WRONG_ITEM", _("wrong item")
    EXPIRED = "EXPIRED", _("past its date")
    QUALITY = "QUALITY", _("not good enough")
    LATE = "LATE", _("late")
    PRICE = "PRICE", _("wrong price")
    RETURN = "RETURN", _("handed back")
    GOODWILL = "GOODWILL", _("goodwill")
    OTHER = "OTHER", _("something else")


class Refund(models.Model):
    """Money given back after capture, with the reason a manager gave."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    call = models.OneToOneField(ProviderCall, on_delete=models.PROTECT, related_name="refund")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason_code = models.CharField(
        max_length=14, choices=RefundReason.choices, default=RefundReason.OTHER
    )
    reason = models.CharField(max_length=200, blank=True, default="")
    body_hash = models.CharField(
        max_length=64, blank=True, default="", help_text=_("What was asked with its key.")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=~Q(reason="") | ~Q(reason_code="OTHER"), name="refund_reason_given"
            ),
            models.CheckConstraint(
                condition=Q(reason_code__in=RefundReason.values), name="refund_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"


class ReconciliationCase(models.Model):
    """A payment whose provider state and order disagreed; stays listed once resolved."""

    class Status(models.TextChoices):
        OPEN = "OPEN", _("open")
        RESOLVED = "RESOLVED", _("resolved")

    class Resolution(models.TextChoices):
        ORDER_COMPLETED = "ORDER_COMPLETED", _("order completed")
        VOIDED = "VOIDED", _("money released")
        REFUNDED = "REFUNDED", _("money refunded")
        AUTHORIZED_AGAIN = "AUTHORIZED_AGAIN", _("money held again")
        CANCELED = "CANCELED", _("order cancelled")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    resolution = models.CharField(max_length=20, choices=Resolution.choices, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("reconciliation case")
        verbose_name_plural = _("reconciliation cases")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind"], name="reconciliation_case_unique"),
            models.CheckConstraint(
                condition=Q(status="OPEN", resolution="")
                | (Q(status="RESOLVED") & ~Q(resolution="")),
                name="reconciliation_resolution_when_resolved",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="reconciliation_status"),
            models.Index(fields=["-created_at", "-id"], name="reconciliation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.payment_id}"


class ProviderEvent(models.Model):
    """News from a provider, each once. It only says where to look: the provider is then asked.

    Nothing of its content is kept, so a late, doubled or overtaken event can do no harm.
    """

    class State(models.TextChoices):
        NEW = "NEW", _("new")
        DONE = "DONE", pgettext_lazy("case", "looked at")
        UNKNOWN = "UNKNOWN", _("of no payment of ours")

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)
    reference = models.CharField(max_length=100, blank=True, default="")
    key = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=7, choices=State.choices, default=State.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("provider event")
        verbose_name_plural = _("provider events")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state="NEW"),
                name="provider_event_new",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


# Their rows point at the ones above. Code imports them from their own module.
from payments.dispute_models import Dispute  # noqa: E402, F401
from payments.payout_models import PayoutNote, PayoutRow  # noqa: E402, F401
