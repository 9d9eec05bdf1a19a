"""The app that understands what people look for."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        from django.core.signals import request_finished

        from catalog import search_port
        from search import querylog
        from search.engine import Engine

        search_port.use(Engine())
        request_finished.connect(querylog.flush_after_answer, dispatch_uid="search.querylog")
