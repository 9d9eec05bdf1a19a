"""`manage.py search_index`: write documents anew, and look after the index beside PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from search import documents, opensearch, outbox, rebuilding
from search.models import SearchChange, SearchGeneration
from search.seeding import seed_rules


class Command(BaseCommand):
    help = (
        "Without a word: index all products for search, needed after the rules of reading have changed. "
        "rules: add the rules and texts that came with a release, never over what a manager did. "
        "rebuild, rollback, drop-old, status: the index in OpenSearch."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            nargs="?",
            default="documents",
            choices=["documents", "rules", "rebuild", "rollback", "drop-old", "status"],
        )

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        if what == "documents":
            self.stdout.write(f"  {documents.rebuild()} products, words counted")
        elif what == "rules":
            count = seed_rules(folder=settings.BASE_DIR / "fixtures")
            self.stdout.write(f"  {count} rules added or completed")
        elif what == "status":
            self._status()
        elif not outbox.is_wanted():
            raise CommandError("SEARCH_OPENSEARCH_URL is not set: PostgreSQL answers alone.")
        else:
            try:
                self._change(what)
            except (rebuilding.RebuildFailed, opensearch.SearchDown) as error:
                raise CommandError(f"{error}; nothing has changed for shoppers") from error

    def _change(self, what: str) -> None:
        if what == "rebuild":
            rebuilding.rebuild(say=lambda line: self.stdout.write(f"  {line}"))
        elif what == "rollback":
            self.stdout.write(f"  {rebuilding.roll_back().index} is asked again")
        else:
            for index in rebuilding.drop_old():
                self.stdout.write(f"  {index} removed")

    def _status(self) -> None:
        waits = outbox.waiting(clock.now())
        self.stdout.write(f"  engine {'opensearch' if outbox.is_wanted() else 'postgresql'}")
        if outbox.is_wanted():
            try:
                cluster = opensearch.cluster()
                self.stdout.write(f"  cluster {cluster.health()}, alias {cluster.alias}")
                for one in SearchGeneration.objects.order_by("id"):
                    count = cluster.count(one.index)
                    self.stdout.write(f"  {one.index} {one.state} {count} documents")
            except opensearch.SearchDown as down:
                self.stdout.write(f"  cluster {down.reason}")
        self.stdout.write(
            f"  {waits.changes} changes wait, the oldest {waits.oldest_seconds:.0f} s"
        )
        for change in SearchChange.objects.filter(tries__gte=outbox.MOST_TRIES):
            self.stdout.write(f"  given up: product {change.product_id}: {change.refused}")
