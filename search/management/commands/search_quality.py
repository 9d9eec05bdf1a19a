"""`manage.py search_quality`: the three figures of search, by kind, and every row that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.search_port import OPENSEARCH
from search import outbox, rebuilding
from search.models import GenerationState, SearchGeneration
from search.quality import QueryAnswer, Report, by_postgresql, listed, measure, read_rows

LISTS = (
    "queries.jsonl",
    "queries_more.jsonl",
    "queries_typed.jsonl",
    "queries_asked.jsonl",
    "queries_fresh.jsonl",
    "queries_sixth.jsonl",
)


class Command(BaseCommand):
    help = (
        "Ask the demo shop lists of queries and print how good the answers are; with SEARCH_OPENSEARCH_URL "
        "on both engines, and every query whose first five differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        lists = [Path(settings.BASE_DIR, "search", "tests", name) for name in LISTS]
        parser.add_argument("--queries", type=Path, nargs="+", default=lists)

    def handle(self, *args: Any, queries: list[Path], **options: Any) -> None:
        if outbox.is_wanted() and not SearchGeneration.objects.filter(state=GenerationState.LIVE):
            rebuilding.rebuild(say=lambda line: self.stdout.write(f"  {line}"))
        for path in queries:
            rows = read_rows(path)
            self._tell(f"{path.name}, PostgreSQL", measure(rows, ask=by_postgresql))
            if outbox.is_wanted():
                self._beside(path.name, rows)
        if not outbox.is_wanted():
            self.stdout.write("OpenSearch was not asked: SEARCH_OPENSEARCH_URL is not set.")

    def _beside(self, name: str, rows: list[dict[str, Any]]) -> None:
        differing = []

        def ask(text: str, language: str) -> QueryAnswer:
            here, there = listed(text, language), by_postgresql(text, language)
            if here.engine != OPENSEARCH:
                raise CommandError(f"OpenSearch did not answer {text!r}.")
            if (here.skus, here.total) != (there.skus, there.total):
                differing.append(text)
            return here

        self._tell(f"{name}, OpenSearch", measure(rows, ask=ask))
        self.stdout.write(f"  first five or total differ from PostgreSQL's: {len(differing)}")
        for text in differing:
            self.stdout.write(f"  differs   {text!r}")

    def _tell(self, asked: str, report: Report) -> None:
        self.stdout.write(
            f"recall@5 {report.recall_share:.3f}  first right {report.first_share:.3f}"
            f"  absurd {report.absurd_share:.3f}  ({report.rows} queries of {asked})"
        )
        for kind, count in sorted(report.kinds.items()):
            self.stdout.write(f"  {kind:10} {count - report.failed_kinds[kind]} of {count}")
        for failure in report.failures:
            self.stdout.write(f"  {failure}")
