"""What a request may bring is judged by its head; what is too much is never read."""

from __future__ import annotations

import io

import pytest
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from accounts.tests.factories import person
from core.bodies import FORM_LIMIT, JSON_LIMIT, MEGABYTE, BodyLimitMiddleware
from mami.rights import BODY_LIMITS
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


class Unread(io.RawIOBase):
    """A body nobody may touch."""

    def read(self, *_args):
        raise AssertionError("a byte of the body was read")

    readline = read


def send(
    client: Client, path: str, length: int, *, body=None, kind="multipart/form-data; boundary=x"
):
    return client.generic(
        "POST",
        path,
        b"",
        CONTENT_TYPE=kind,
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": body or Unread()},
    )


def test_a_longer_json_is_refused_unread():
    details = refusal(
        send(Client(), "/api/v1/auth/login", JSON_LIMIT + 1, kind="application/json"),
        413,
        "BODY_TOO_LARGE",
    )
    assert details["limit"] == JSON_LIMIT


@pytest.mark.parametrize("language", ["he", "en"])
def test_a_longer_form_gets_a_page_and_the_connection_ends(language):
    client = Client()
    client.cookies["mami_language"] = language
    answer = send(client, "/account/login/", FORM_LIMIT + 1)
    assert answer.status_code == 413
    assert answer["Connection"] == "close"
    assert ("too large" in answer.content.decode()) == (language == "en")
    assert f'lang="{language}"' in answer.content.decode()


def test_htmx_gets_a_toast():
    answer = Client(headers={"HX-Request": "true"}).post(
        "/account/login/", b"x" * (FORM_LIMIT + 1), content_type="application/octet-stream"
    )
    assert (answer.status_code, answer["HX-Reswap"]) == (413, "none")


def test_a_strangers_upload_is_refused_unread():
    """The right of the route comes first: nothing of it is written anywhere."""
    answer = send(Client(), "/ops/orders/M-1/deliver/", 12 * MEGABYTE)
    assert answer.status_code == 302
    customer = Client()
    customer.force_login(person())
    assert send(customer, "/ops/orders/M-1/deliver/", 12 * MEGABYTE).status_code == 403
    assert send(Client(), "/ops/orders/M-1/deliver/", 14 * MEGABYTE).status_code == 413


def test_one_without_a_length_is_counted():
    def length_seen(content):
        request = RequestFactory().post("/account/login/")
        del request.META["CONTENT_LENGTH"]
        request.META["HTTP_TRANSFER_ENCODING"] = "chunked"
        request.META["wsgi.input"] = io.BytesIO(content)
        return BodyLimitMiddleware(lambda r: len(r.body))(request)

    assert length_seen(b"a=1") == 3
    assert length_seen(b"x" * (FORM_LIMIT + 1)).status_code == 413


def test_one_that_stops_coming_is_408():
    class Slow(io.RawIOBase):
        def read(self, *_args):
            raise TimeoutError

        readline = read

    client = Client(raise_request_exception=False)
    refusal(
        send(client, "/api/v1/auth/login", 100, body=Slow(), kind="application/json"),
        408,
        "REQUEST_TIMEOUT",
    )
    answer = send(client, "/account/login/", 100, body=Slow())
    assert (answer.status_code, answer["Connection"]) == (408, "close")


def test_every_limit_is_of_a_route_there_is():
    for route in BODY_LIMITS:
        for arguments in ([], [1], ["M-1"]):
            try:
                reverse(route, args=arguments)
                break
            except NoReverseMatch:
                continue
        else:
            pytest.fail(route)


def test_a_request_without_a_host_of_ours_gets_the_shops_look():
    """Refused before it is known who asks: a page of the shop, not the one that nothing could make."""
    answer = Client().get("/", headers={"Host": "evil.test"})
    assert answer.status_code == 400
    assert b"shop.css" in answer.content
