"""The OpenSearch cluster: the only module that knows its client, which is imported when it is asked.

One alias is asked, `PREFIX-products`; it stands for one index. Documents carry the version of
PostgreSQL's, and the cluster keeps the newer of two, so that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from api.queries import MAX_PAGE_SIZE
from catalog.selectors.shelves import DEEPEST
from search.present import Present

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

SCHEMA = 4
SINCE = {"path": 3, "flavours": 4}
"""Fields that an index of an older schema does not take: it is asked until it is built anew."""
GONE = 2**62
CONFLICT, MISSING = 409, 404
ADMIN_SECONDS = 30
KEYWORDS = "names brand_words category_words described heads flavours quantities tags allergens key_he key_en"
NUMBERS = "product_id category_id path brand_id price unit_price created at"
MAPPING = {
    "dynamic": "strict",
    "_source": {"enabled": True},
    "properties": {
        **{name: {"type": "keyword"} for name in KEYWORDS.split()},
        **{name: {"type": "long"} for name in NUMBERS.split()},
        **{name: {"type": "boolean"} for name in ("plain", "on_sale", "is_active")},
        "popularity": {"type": "byte"},
    },
}


class SearchDown(Exception):
    """The cluster did not answer as it should; `reason` is a word for the figures."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SearchCluster:
    """What search asks of OpenSearch. Every method raises SearchDown where it gets no answer."""

    def __init__(self, **where: Any) -> None:
        self.prefix = where["PREFIX"]
        self.alias = f"{self.prefix}-products"
        self.seconds = where["TIMEOUT_MS"] / 1000
        self._client = _client(where, self.seconds)

    def search(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of the alias to one request."""
        with _answers():
            found: dict[str, Any] = self._client.search(
                body=body, index=self.alias, request_timeout=self.seconds
            )
        if found.get("timed_out") or found["_shards"]["failed"]:
            raise SearchDown("partial")
        return found

    def apply(self, indexes: Mapping[str, int], documents: Iterable[Present]) -> dict[int, str]:
        """Send the present state of products to the indexes, each with the fields of its schema; which
        were refused, and why.
        """
        lines: list[dict[str, Any]] = []
        for document in documents:
            for index, schema in indexes.items():
                where = _where(index, document.product_id, document.version)
                lines += [{"index": where}, fields_of(document, schema)]
        return self._bulk(lines)

    def forget(self, indexes: Iterable[str], product_ids: Iterable[int]) -> dict[int, str]:
        """Take products that are no more out of the indexes; which were refused, and why."""
        pairs = [(index, pk) for pk in product_ids for index in indexes]
        return self._bulk([{"delete": _where(index, pk, GONE)} for index, pk in pairs])

    def create_generation(self, index: str) -> None:
        """An empty index with the fields of today."""
        body = {
            "settings": {
                "index": {
                    "number_of_shards": 1,
                    "auto_expand_replicas": "0-1",
                    "refresh_interval": "1s",
                    "max_result_window": DEEPEST + MAX_PAGE_SIZE,
                }
            },
            "mappings": MAPPING,
        }
        with _answers():
            self._client.indices.create(index=index, body=body, request_timeout=ADMIN_SECONDS)

    def drop(self, index: str) -> None:
        with _answers():
            self._client.indices.delete(
                index=index, params={"ignore_unavailable": "true"}, request_timeout=ADMIN_SECONDS
            )

    def promote(self, index: str) -> None:
        """Let the alias stand for this index and no other, in one call."""
        actions = [
            {
                "remove": {
                    "index": f"{self.prefix}-products-*",
                    "alias": self.alias,
                    "must_exist": False,
                }
            },
            {"add": {"index": index, "alias": self.alias}},
        ]
        with _answers():
            self._client.indices.update_aliases(
                body={"actions": actions}, request_timeout=ADMIN_SECONDS
            )

    def refresh(self, index: str) -> None:
        """Let everything that was sent be found."""
        with _answers():
            self._client.indices.refresh(index=index, request_timeout=ADMIN_SECONDS)

    def count(self, index: str) -> int:
        with _answers():
            return int(self._client.count(index=index, request_timeout=ADMIN_SECONDS)["count"])

    def read(self, index: str, product_ids: list[int]) -> dict[int, dict[str, Any]]:
        """The documents of these, as they stand in an index."""
        if not product_ids:
            return {}
        with _answers():
            found = self._client.mget(
                index=index, body={"ids": product_ids}, request_timeout=ADMIN_SECONDS
            )
        return {int(one["_id"]): one["_source"] for one in found["docs"] if one.get("found")}

    def health(self) -> str:
        """green, yellow or red."""
        with _answers():
            return str(self._client.cluster.health(request_timeout=self.seconds)["status"])

    def _bulk(self, lines: list[dict[str, Any]]) -> dict[int, str]:
        if not lines:
            return {}
        with _answers():
            answer = self._client.bulk(body=lines, request_timeout=ADMIN_SECONDS)
        refused = {}
        for one in answer["items"]:
            ((_action, told),) = one.items()
            if told["status"] >= 400 and told["status"] not in {CONFLICT, MISSING}:
                refused[int(told["_id"])] = str(told.get("error", {}).get("reason", told["status"]))
            elif told["status"] == MISSING and "error" in told:
                refused[int(told["_id"])] = str(told["error"].get("reason", "no such index"))
        return refused


def fields_of(document: Present, schema: int) -> dict[str, Any]:
    """What an index of a schema holds of a product."""
    return {name: value for name, value in document.fields.items() if SINCE.get(name, 0) <= schema}


@lru_cache(maxsize=1)
def _cluster(**where: Any) -> SearchCluster:
    return SearchCluster(**where)


def cluster() -> SearchCluster:
    """The cluster that the settings name; one client for this process."""
    return _cluster(**settings.SEARCH_OPENSEARCH)


def _client(where: dict[str, Any], seconds: float) -> OpenSearch:
    from opensearchpy import OpenSearch

    parts = urlsplit(where["URL"])
    password = where["PASSWORD"] or unquote(parts.password or "")
    secure = parts.scheme == "https"
    return OpenSearch(
        hosts=[{"host": parts.hostname, "port": parts.port or 9200, "use_ssl": secure}],
        http_auth=(unquote(parts.username), password) if parts.username else None,
        verify_certs=secure,
        ca_certs=where["CA"] if secure else None,
        timeout=seconds,
        max_retries=0,
        pool_maxsize=16,
        http_compress=False,
    )


def _where(index: str, product_id: int, version: int) -> dict[str, Any]:
    return {
        "_index": index, "_id": str(product_id), "version": version, "version_type": "external_gte",
    }  # fmt: skip


@contextmanager
def _answers() -> Iterator[None]:
    """Every failure of the client as SearchDown, by one of a few reasons."""
    from opensearchpy import exceptions

    try:
        yield
    except exceptions.ConnectionTimeout as error:
        raise SearchDown("timeout") from error
    except exceptions.ConnectionError as error:
        raise SearchDown("unreachable") from error
    except exceptions.NotFoundError as error:
        raise SearchDown("missing") from error
    except exceptions.TransportError as error:
        code = error.status_code
        status = code if isinstance(code, int) else 500
        reason = "busy" if status == 429 else "broken" if status >= 500 else "refused"
        raise SearchDown(reason) from error
    except exceptions.OpenSearchException as error:
        raise SearchDown("broken") from error
