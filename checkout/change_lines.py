"""The lines of the page that changes an order: what each was, is to be, and costs; and the sum of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.templatetags.shop import day, qty
from checkout.change_form import ADDED, ChangeForm
from checkout.services import ChangePreview
from core.clock import shop_date
from core.money import ZERO
from orders.models import Order, OrderItem
from orders.repricing import ChangedLine

STEP = re.compile(r"(less|more|back):((?:quantity|added)_\d{1,18})")
MOST = Decimal(999)


@dataclass(frozen=True, kw_only=True)
class FormLine:
    """A line of the form: how much there was, how much is typed, what it costs; `added` of it at
    today's price. `pressed` is which of its buttons made this page. Amounts in ₪."""

    name: str
    product: Product
    field: str
    before: Decimal
    typed: str
    errors: list[str]
    cost: Decimal
    difference: Decimal
    added: Decimal = ZERO
    pressed: str = ""

    @property
    def is_new(self) -> bool:
        return not self.before

    @property
    def is_out(self) -> bool:
        """Whether it is taken out, and may be put back."""
        return not self.is_new and self.typed in ("0", "0.0", "0,0")

    @property
    def signed(self) -> str:
        return signed(self.difference)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that will be another one. `kind` is more, less or swap."""

    kind: str
    name: str
    what: str = ""
    amount: str = ""


def stepped(data: QueryDict, items: Iterable[OrderItem]) -> QueryDict:
    """The form after one press of + or −, or after "put back"; a number that is none stays as typed.
    At most one query."""
    match = STEP.fullmatch(data.get("step", ""))
    if match is None:
        return data
    how, field = match.groups()
    own = {f"quantity_{item.pk}": item for item in items}
    item = own.get(field)
    product = item.product if item else _product(field)
    if product is None:
        return data
    found = data.copy()
    before = item.quantity if item else ZERO
    try:
        typed = Decimal(data.get(field, str(before)).replace(",", ".") or before)
    except InvalidOperation:
        return data
    if not typed.is_finite():
        return data
    by = {"less": -product.quantity_step, "more": product.quantity_step, "back": ZERO}[how]
    amount = before if how == "back" else min(max(typed + by, ZERO), max(typed, MOST))
    found[field] = f"{amount.normalize():f}"
    if item is None and not amount:
        del found[field]
    return found


def _product(field: str) -> Product | None:
    if (match := ADDED.fullmatch(field)) is None:
        return None
    return Product.objects.filter(pk=int(match[1])).first()


def form_lines(
    form: ChangeForm, items: list[OrderItem], seen: ChangePreview | None
) -> list[FormLine]:
    """The order's lines, and those that are new. At most one query."""
    planned = seen.plan.lines if seen else []
    kept = {line.item_id: line for line in planned if line.item_id is not None}
    fresh = {line.product_id: line for line in planned if line.item_id is None}
    match = STEP.fullmatch(form.data.get("step", "")) if form.is_bound else None
    how, pressed = match.groups() if match else ("", "")
    found = []
    for item in reversed(form.items):  # the last line of a product bears what is added of it
        new = fresh.pop(item.product_id, None)
        cost = before = item.line_total - item.discount
        if seen:
            cost = _cost(kept.get(item.pk)) + _cost(new)
        field = f"quantity_{item.pk}"
        found.append(
            FormLine(
                name=item.name,
                product=item.product,
                field=field,
                before=item.quantity,
                typed=_shown(form, field),
                errors=[str(text) for text in form.errors.get(field, [])],
                cost=cost,
                difference=cost - before,
                added=new.quantity if new else ZERO,
                pressed=how if field == pressed else "",
            )
        )
    return [*reversed(found), *_added_lines(form, fresh, how, pressed)]


def _added_lines(
    form: ChangeForm, fresh: dict[int, ChangedLine], how: str, pressed: str
) -> list[FormLine]:
    keys = [int(match[1]) for name in form.fields if (match := ADDED.fullmatch(name))]
    found = Product.objects.filter(pk__in=keys).with_labels().in_bulk() if keys else {}
    return [
        FormLine(
            name=found[key].name,
            product=found[key],
            field=f"added_{key}",
            before=ZERO,
            typed=_shown(form, f"added_{key}"),
            errors=[str(text) for text in form.errors.get(f"added_{key}", [])],
            cost=_cost(fresh.get(key)),
            difference=_cost(fresh.get(key)),
            pressed=how if f"added_{key}" == pressed else "",
        )
        for key in keys
        if key in found
    ]


def changes_of(order: Order, lines: Iterable[FormLine], seen: ChangePreview) -> list[Change]:
    """What will be another one, in the words of the page. No query."""
    plan, found = seen.plan, []
    for line in lines:
        if line.is_new or line.difference or line.is_out:
            was, will = qty(line.before, line.product), qty(line.typed, line.product)
            kind = "less" if line.difference < 0 else "more"
            what = "" if line.is_new else _("removed") if line.is_out else _amounts(was, will)
            found.append(Change(kind=kind, name=line.name, what=what, amount=line.signed))
    if plan.is_moved and plan.due_at != order.due_at:
        found.append(Change(kind="swap", name=_("When"), what=_window(seen)))
    if plan.branch_id != order.branch_id or plan.fulfillment_type != order.fulfillment_type:
        found.append(Change(kind="swap", name=_("Where to"), what=str(seen.place.branch.name)))
    elif plan.delivery is not None:
        text = ", ".join(plan.delivery[name] for name in ("line1", "city") if name in plan.delivery)
        found.append(Change(kind="swap", name=_("Where to"), what=text))
    if plan.notes is not None:
        found.append(Change(kind="swap", name=_("A word to the packer"), what=plan.notes))
    for name, before, after in (
        (_("Delivery"), order.delivery_fee, plan.totals.delivery_fee),
        (_("Deposits and bags"), order.charges_total, plan.totals.charges_total),
    ):
        if before != after:
            kind = "more" if after > before else "less"
            found.append(Change(kind=kind, name=name, amount=signed(after - before)))
    return found


def _amounts(was: str, will: str) -> str:
    """`3 instead of 2`: an arrow would point backward in one of the languages."""
    return _("%(packed)s instead of %(ordered)s") % {"packed": will, "ordered": was}


def _window(seen: ChangePreview) -> str:
    if seen.slot is None:
        return day(shop_date(seen.plan.due_at))
    times = f"{seen.slot.start_time:%H:%M}–{seen.slot.end_time:%H:%M}"
    return f"{day(seen.slot.date)}, \u2066{times}\u2069"


def _cost(line: ChangedLine | None) -> Decimal:
    return line.line_total - line.discount if line else ZERO


def signed(amount: Decimal) -> str:
    """`+₪12.80`, `−₪20.20`, or `₪0.00`."""
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return f"{sign}₪{abs(amount):,.2f}"


def _shown(form: ChangeForm, name: str) -> str:
    value = form.data.get(name) if form.is_bound else None
    value = form.fields[name].initial if value is None else value
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value or "")
