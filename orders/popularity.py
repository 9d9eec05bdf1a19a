"""How popular products are, from what customers were brought: told to search at night."""

from __future__ import annotations

import datetime as dt
import math

from django.db import connection

from orders.models import OrderStatus
from search.services import STEPS, set_popularity

DAYS = 90
HALF_LIFE_DAYS = 30.0
# One customer counts once a product, for the last time it was brought, so nobody lifts one alone.
WEIGHTS = f"""
SELECT product_id, sum(power(0.5, age / %s::float8)) FROM (
    SELECT i.product_id, o.user_id,
           min(extract(epoch FROM %s::timestamptz - o.delivered_at)) / 86400 AS age
      FROM orders_orderitem i JOIN orders_order o ON o.id = i.order_id
     WHERE o.status = '{OrderStatus.DELIVERED}'
       AND o.delivered_at > %s::timestamptz AND o.delivered_at <= %s::timestamptz
     GROUP BY 1, 2) AS customer
 GROUP BY 1
"""  # noqa: S608 - a word of ours


def tell_popularity(*, now: dt.datetime) -> int:
    """Weigh the distinct customers of delivered orders in 90 days, each half as much after 30 days, and
    hand search the steps. How many products changed.
    """
    since = now - dt.timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(WEIGHTS, [HALF_LIFE_DAYS, now, since, now])
        weights = {product_id: float(weight) for product_id, weight in cursor.fetchall()}
    return set_popularity(steps=steps(weights))


def steps(weights: dict[int, float]) -> dict[int, int]:
    """0 to 9 by the logarithm of the weight: the heaviest is 9, the lightest above nothing 1."""
    if not weights:
        return {}
    most = math.log1p(max(weights.values()))
    return {
        product_id: max(1, round(STEPS * math.log1p(weight) / most))
        for product_id, weight in weights.items()
    }
