"""`manage.py search_quality`: the three figures of search, by kind, and every row that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from search import outbox
from search.quality import Report, by_postgresql, measure, read_rows


class Command(BaseCommand):
    help = "Ask the demo shop a list of queries and print how good the answers are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queries",
            type=Path,
            default=Path(settings.BASE_DIR, "search", "tests", "queries.jsonl"),
        )

    def handle(self, *args: Any, queries: Path, **options: Any) -> None:
        rows = read_rows(queries)
        self._tell("PostgreSQL", measure(rows, ask=by_postgresql))
        if outbox.is_wanted():
            self._tell("OpenSearch", measure(rows))
        else:
            self.stdout.write("OpenSearch was not asked: SEARCH_OPENSEARCH_URL is not set.")

    def _tell(self, engine: str, report: Report) -> None:
        self.stdout.write(
            f"recall@5 {report.recall_share:.3f}  first right {report.first_share:.3f}"
            f"  absurd {report.absurd_share:.3f}  ({report.rows} queries, {engine})"
        )
        for kind, count in sorted(report.kinds.items()):
            self.stdout.write(f"  {kind:10} {count - report.failed_kinds[kind]} of {count}")
        for failure in report.failures:
            self.stdout.write(f"  {failure}")
