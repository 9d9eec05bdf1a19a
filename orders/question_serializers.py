"""What customers are asked about their orders, as the JSON API tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Money, Quantity, instant, money, number
from catalog.serializers import image_url
from orders.change_models import OrderQuestion


class QuestionOfferOut(serializers.Serializer[Any]):
    product_id = Id()
    name = serializers.CharField()
    unit_price = Money()
    quantity = Quantity()
    line_total = Money(help_text="What it would cost: never more than what it replaces.")
    image_url = serializers.CharField(allow_null=True)


class ProposedWindowOut(serializers.Serializer[Any]):
    date = serializers.DateField()
    start_time = serializers.TimeField(format="%H:%M")
    end_time = serializers.TimeField(format="%H:%M")


class ProposedLessOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    before = Quantity()
    after = Quantity()


class ProposalOut(serializers.Serializer[Any]):
    reason = serializers.CharField()
    total_before = Money()
    total = Money(help_text="What would be held then.")
    difference = Money()
    delivery_slot = ProposedWindowOut(
        allow_null=True, help_text="The other window, kept until the answer; null where it stays."
    )
    less = ProposedLessOut(many=True, help_text="Of what there would be less, while it is open.")


class QuestionOut(serializers.Serializer[Any]):
    id = Id()
    item_id = Id(allow_null=True)
    kind = serializers.ChoiceField(choices=OrderQuestion.Kind.values)
    status = serializers.ChoiceField(choices=OrderQuestion.Status.values)
    missing_quantity = Quantity(allow_null=True)
    offers = QuestionOfferOut(many=True)
    change = ProposalOut(allow_null=True, help_text="What staff propose, of a CHANGE.")
    asked_at = Instant()
    answer_until = Instant()


def question_body(question: OrderQuestion) -> dict[str, Any]:
    """A question with what was offered."""
    return {
        "id": question.pk,
        "item_id": question.item_id,
        "kind": question.kind,
        "status": question.status,
        "missing_quantity": number(question.missing_quantity),
        "offers": [
            {
                "product_id": offer.product_id,
                "name": offer.product.name,
                "unit_price": money(offer.unit_price),
                "quantity": number(offer.quantity),
                "line_total": money(offer.line_total),
                "image_url": image_url(offer.product, None),
            }
            for offer in question.offers.all()
        ],
        "change": _proposal(question),
        "asked_at": instant(question.asked_at),
        "answer_until": instant(question.answer_until),
    }


def _proposal(question: OrderQuestion) -> dict[str, Any] | None:
    asked, window = question.proposal, question.window
    if not asked:
        return None
    return {
        "reason": asked["reason"],
        "total_before": asked["total_before"],
        "total": asked["total"],
        "difference": money(question.difference),
        "delivery_slot": window
        and {
            "date": window[0].isoformat(),
            "start_time": f"{window[1]:%H:%M}",
            "end_time": f"{window[2]:%H:%M}",
        },
        "less": [
            {"name": name, "before": number(before), "after": number(after)}
            for name, before, after in question.less
        ],
    }
