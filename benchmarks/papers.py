"""What papers cost: how many are drawn in a second, how soon after the charge they lie there, and what
sending a kept one costs beside a private file of the same size.

    python -m benchmarks.papers [--papers 300] [--served 400]

Drawing runs in one process, as the worker's job does it, against a database of its own with the
durability of production; a figure per second is that of one worker. Exit code 1 when a figure is above
what is allowed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from benchmarks.filling import papers
from benchmarks.serving import DURABLE, spent_here, tests_cluster

PER_SECOND, SOONEST, RATIO, ROUNDS = 10.0, 30.0, 1.1, 5
LINES = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers")
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--served", type=int, default=400)
    options = parser.parse_args()
    with tests_cluster(**DURABLE) as cluster:
        return _measure(cluster, options)


def _measure(cluster: Any, options: argparse.Namespace) -> int:
    from tests.shop import open_with_sandbox

    with open_with_sandbox(capacity=1_000_000) as shop:
        order = _charged(shop)
        good = _drawing(order, options.papers)
        return 0 if _serving(cluster, order, options.served) and good else 1


def _charged(shop: Any) -> Any:
    """An order of twenty lines that left and was charged, with its invoice."""
    from orders.tests.test_refunding import left

    goods = {shop.product(price=Decimal("12.90")): 2 for _ in range(LINES)}
    return left(shop, shop.order(quantities=goods))


def _drawing(order: Any, count: int) -> bool:
    """So many papers issued in one go; each is drawn in both languages and kept."""
    from billing import services
    from billing.models import Document
    from core import clock

    first = Document.objects.get(order_id=order.pk)
    services.draw_document(document_id=first.pk, now=clock.now())
    began, waited = time.perf_counter(), []
    for key in papers(first, count):
        services.draw_document(document_id=key, now=clock.now())
        waited.append(time.perf_counter() - began)
    rate = count / waited[-1]
    good = _say(f"papers of {LINES} lines drawn", f"{rate:.1f} a second", rate >= PER_SECOND)
    share = min(count, int(PER_SECOND * SOONEST))
    soon = waited[share - 1] * PER_SECOND * SOONEST / share
    text = f"the last is there after {soon:.1f} s"
    return _say("as many at once as come in 30 s", text, soon <= SOONEST) and good


def _serving(cluster: Any, order: Any, times: int) -> bool:
    """A kept paper, and a photograph of the same size from the door, by the same person."""
    from django.core.files.base import ContentFile
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from billing.models import DocumentFile
    from core import clock
    from orders.models import DeliveryProof, Order

    kept = DocumentFile.objects.filter(document__order_id=order.pk).first()
    assert kept is not None
    Order.objects.filter(pk=order.pk).update(status="DELIVERED", delivered_at=clock.now())
    proof = DeliveryProof(order=order, actor=order.user, at=clock.now())
    proof.photo.save("door.webp", ContentFile(bytes(kept.content)))
    client = Client()
    client.force_login(order.user)

    def get(path: str) -> None:
        answer = client.get(path)
        read = b"".join(answer) if answer.streaming else answer.content
        if answer.status_code != 200 or len(read) != len(kept.content):
            raise SystemExit(f"{path} answered {answer.status_code}")

    paper = reverse("orders:document", args=[order.order_number, kept.document_id])
    paper += f"?lang={kept.language}"
    photo = reverse("orders:photo", args=[order.order_number])
    spent = medians(cluster, [lambda: get(paper), lambda: get(photo)], times)
    with CaptureQueriesContext(connection) as caught:
        get(paper)
    asked = [one["sql"] for one in caught if "billing_document" in one["sql"]]
    ratio = spent[0] / spent[1]
    return _say(
        "a kept paper beside a private file",
        f"{spent[0]:.2f} ms CPU, {ratio:.2f} × {spent[1]:.2f} ms; {len(asked)} statement",
        ratio <= RATIO and len(asked) == 1,
    )


def medians(cluster: Any, steps: Sequence[Callable[[], object]], times: int) -> list[float]:
    """Milliseconds of CPU of each step, of this process and PostgreSQL; taken in turns."""
    found: list[list[float]] = [[] for _ in steps]
    each = max(1, times // ROUNDS)
    for round_ in range(ROUNDS + 1):
        for place, step in enumerate(steps):
            begun = spent_here(cluster.running_pid())
            for _ in range(each):
                step()
            spent = (spent_here(cluster.running_pid()) - begun) * 1000 / each
            if round_:  # the first one warms up
                found[place].append(spent)
    return [statistics.median(one) for one in found]


def _say(what: str, figure: str, good: bool) -> bool:
    print(f"{'ok ' if good else 'BAD'} {what:40} {figure}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
