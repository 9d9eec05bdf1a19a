"""The figures for Prometheus: who may read them, what is counted, and that labels stay few."""

from collections.abc import Iterator

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pytest_django import Settings

from core import metrics
from payments.breaker import Breaker
from payments.provider import ProviderTimeout

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer metrics-token-of-the-tests"}


def samples(told: bytes = b"") -> Iterator[Sample]:
    """What is told, or would be told now."""
    for family in text_string_to_metric_families((told or metrics.exposition()).decode()):
        yield from family.samples


def counted(name: str, told: bytes = b"", **labels: str) -> float:
    """The value of one sample; 0 when it was never counted."""
    found = (one.value for one in samples(told) if (one.name, one.labels) == (name, labels))
    return float(next(found, 0.0))


def test_without_a_token_there_are_none(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", "Basic metrics-token-of-the-tests", "Bearer קוד"]
)
def test_another_token_opens_nothing(client: Client, given: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_while_a_token_is_exchanged_both_open(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "the-former-token-of-prometheus,the-next-token-of-prometheus"
    for token, status in (
        ("the-former-token-of-prometheus", 200),
        ("the-next-token-of-prometheus", 200),
        (settings.METRICS_TOKEN, 401),
        ("", 401),
    ):
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, token


def test_requests_are_counted_by_the_name_of_their_address(client: Client) -> None:
    def products() -> float:
        return counted("mami_requests_total", route="catalog:product", method="GET", status="404")

    before = products()
    client.get("/products/987654/")
    client.get("/products/987655/?q=somebody@mami.test")
    assert products() == before + 2
    answer = client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    labels = {label for sample in samples() for label in sample.labels.values()}
    assert not {label for label in labels if "98765" in label or "somebody" in label}


def test_a_request_is_in_hand_until_it_is_answered(client: Client) -> None:
    before = counted("mami_requests_in_hand")
    answer = client.get("/metrics", headers=TOKEN)
    assert counted("mami_requests_in_hand", answer.content) == before + 1
    assert counted("mami_requests_in_hand") == before


def test_made_up_methods_and_addresses_share_a_label(client: Client) -> None:
    before = counted("mami_requests_total", route="none", method="other", status="404")
    for word in ("BREW", "WHEN"):
        client.generic(word, f"/pot/{word}")
    assert counted("mami_requests_total", route="none", method="other", status="404") == before + 2


def test_refusals_of_every_face_are_counted(client: Client) -> None:
    before = counted("mami_refusals_total", code="INVALID_CREDENTIALS")
    wrong = {"email": "nobody@mami.test", "password": "wrong-password"}
    client.post("/api/v1/auth/login", wrong, content_type="application/json")
    assert counted("mami_refusals_total", code="INVALID_CREDENTIALS") == before + 1


def test_silence_of_a_provider_is_timed() -> None:
    def silences() -> float:
        return counted("mami_provider_seconds_count", provider="quiet", outcome="ProviderTimeout")

    def silent() -> None:
        raise ProviderTimeout("no answer")

    before = silences()
    with pytest.raises(ProviderTimeout):
        Breaker("quiet").call(silent)
    assert silences() == before + 1
