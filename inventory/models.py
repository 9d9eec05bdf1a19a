"""What stands on which shelf, what of it is promised, and every change ever made to it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.append_only import append_only
from core.money import plain
from inventory.querysets import StockQuerySet

# Whoever writes the movement, of this release or the one before: once in the life of a row.
TELLS_SOLD = pgtrigger.Trigger(
    name="tells_sold",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__reason="PICK"),
    func=(
        "UPDATE inventory_stock SET was_picked = true WHERE id = NEW.stock_id AND NOT was_picked; "
        "RETURN NULL;"
    ),
)


class Stock(models.Model):
    """One product at one branch, in units or kg: counted on the shelf, and promised of it.

    Available is `on_hand − reserved`; a stocktake may leave it below zero (the count is the
    truth), which is shown as 0 to shoppers and as a shortage to staff.
    """

    product = models.ForeignKey(
        "catalog.Product",
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        related_name="stocks",
    )
    branch = models.ForeignKey(
        "branches.Branch",
        verbose_name=_("branch"),
        on_delete=models.PROTECT,
        related_name="stocks",
    )
    on_hand = models.DecimalField(_("on the shelf"), max_digits=12, decimal_places=3, default=0)
    reserved = models.DecimalField(_("promised"), max_digits=12, decimal_places=3, default=0)
    reorder_point = models.DecimalField(
        _("order again at"), max_digits=12, decimal_places=3, default=0
    )
    was_picked = models.BooleanField(
        _("sold before"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_(
            "Whether anything of it was ever picked for an order; the database tells it by itself."
        ),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = StockQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        ordering = ["branch", "product"]
        constraints = [
            models.UniqueConstraint(fields=["product", "branch"], name="stock_product_branch"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="stock_reserved_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(reorder_point__gte=0), name="stock_reorder_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["branch", "product"], name="stock_branch_product"),
            models.Index(
                fields=["product"],
                name="stock_available",
                condition=Q(on_hand__gt=F("reserved")),
            ),
            models.Index(
                fields=["branch", "product"],
                name="stock_low",
                condition=Q(on_hand__lte=F("reorder_point") + F("reserved")),
            ),
            models.Index(
                fields=["branch", "product"],
                name="stock_never_sold",
                condition=Q(was_picked=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} @ {self.branch}"


class StockMovement(models.Model):
    """One change of a stock row: the differences, and the balances after it."""

    class Reason(models.TextChoices):
        OPENING = "OPENING", _("opening count")
        STOCKTAKE = "STOCKTAKE", _("stocktake")
        RECEIPT = "RECEIPT", _("goods received")
        TRANSFER = "TRANSFER", _("transfer")
        RESERVE = "RESERVE", _("promised to a checkout")
        RELEASE = "RELEASE", _("promise released")
        PICK = "PICK", _("picked")
        UNPICK = "UNPICK", _("put back")
        REQUEST = "REQUEST", _("approved stock request")
        RETURN = "RETURN", _("came back from a customer")

    stock = models.ForeignKey(  # found by `movement_stock`
        Stock, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    on_hand_delta = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    reserved_delta = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    on_hand_after = models.DecimalField(max_digits=12, decimal_places=3)
    reserved_after = models.DecimalField(max_digits=12, decimal_places=3)
    reference = models.CharField(
        _("for"), max_length=40, blank=True, default="", help_text=_("e.g. reservation:12")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        triggers = [*append_only(), TELLS_SOLD]
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_delta=0, reserved_delta=0), name="movement_moves_something"
            )
        ]
        indexes = [
            models.Index(fields=["stock", "-id"], name="movement_stock"),
            models.Index(fields=["reference"], name="movement_reference"),
            models.Index(fields=["created_at"], name="movement_created"),
            models.Index(fields=["reason", "-id"], name="movement_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.stock}: {self.get_reason_display()}"


class StockCrossing(models.Model):
    """A product at a branch that may have begun or ceased to be in stock: whoever keeps a list of
    what is in stock looks at what stands there now, and takes the row away.

    Without foreign keys: many sales write here, and none shall wait for another's product.
    """

    product_id = models.BigIntegerField()
    branch_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("crossing of a stock")
        verbose_name_plural = _("crossings of stocks")

    def __str__(self) -> str:
        return f"{self.product_id} @ {self.branch_id}"


class PickCorrection(models.Model):
    """By how much the book of a row was raised because a picker of one order found more than it said.

    It is taken back when the goods are put back, so that undoing an answer invents no stock. A count
    of the shelf, and the goods leaving the shop, end it.
    """

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="corrections")
    reference = models.CharField(max_length=40)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        verbose_name = _("correction by a picker")
        verbose_name_plural = _("corrections by pickers")
        constraints = [
            models.UniqueConstraint(fields=["stock", "reference"], name="pick_correction_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="pick_correction_corrects_something"
            ),
        ]
        indexes = [models.Index(fields=["reference"], name="pick_correction_reference")]

    def __str__(self) -> str:
        return f"{self.stock_id}: {plain(self.quantity)}"


class StockImport(models.Model):
    """A file of counts: checked first, applied when a manager says so.

    `problems` lists `{line, code, value}` of the first rows that cannot be applied; `refused`
    counts them all. `seen` is how far the present step has come. The content is kept until the
    file has been applied.
    """

    class Status(models.TextChoices):
        CHECKING = "CHECKING", _("being checked")
        CHECKED = "CHECKED", _("checked")
        APPLYING = "APPLYING", _("being applied")
        DONE = "DONE", _("applied")
        REFUSED = "REFUSED", _("nothing was applied")

    class Mode(models.TextChoices):
        ALL = "ALL", _("all rows or none")
        GOOD = "GOOD", _("the good rows")

    file_name = models.CharField(_("file"), max_length=100)
    content = models.BinaryField()
    branch = models.ForeignKey(
        "branches.Branch",
        verbose_name=_("branch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("For rows that name none."),
    )
    note = models.CharField(_("reason"), max_length=200, blank=True, default="")
    status = models.CharField(_("state"), max_length=8, choices=Status.choices)
    mode = models.CharField(max_length=4, choices=Mode.choices, blank=True, default="")
    rows = models.PositiveIntegerField(_("rows"), default=0)
    seen = models.PositiveIntegerField(_("rows looked at"), default=0)
    changes = models.PositiveIntegerField(_("changes"), default=0)
    refused = models.PositiveIntegerField(_("rows with a problem"), default=0)
    problems = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(_("when"))
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import of counts")
        verbose_name_plural = _("imports of counts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """Whether the background still does something with it."""
        return self.status in {self.Status.CHECKING, self.Status.APPLYING}
