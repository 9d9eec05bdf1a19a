"""Uploads in a bucket: what one node took, the other shows, and nobody sees who may not.

The server is moto's, which speaks S3 over HTTP on this machine and keeps the bucket's policy.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pyrage
import pytest
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import Settings

from catalog.models import Product
from core import bucket_storage
from core.bucket_storage import BucketStorage
from core.errors import ServiceUnavailable
from core.tests.test_pictures import file_of
from orders.tests.test_problems import delivered
from runtime import backups, environment
from runtime.backups.clients import connected
from runtime.run.tests.conftest import free_port, patience
from tests.admin_forms import address, form_values
from tests.deploy.front import WebNode
from tests.deploy.ha_cluster import until
from tests.deploy.programs import needed
from tests.deploy.two_nodes import two_nodes
from tests.drills.running_shop import SECRET_KEY
from tests.drills.shoppers import person
from tests.history import Beside, beside, migrated
from tests.shop import open_with_sandbox

__all__ = ["beside"]
pytestmark = [pytest.mark.deploy, pytest.mark.slow]
BUCKET = "mami"
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{BUCKET}/media/*"}
    ],
}  # fmt: skip
"""As docs/runbooks.md has it."""


@contextmanager
def bucket_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "bucket.log").open("ab") as log:
        server = subprocess.Popen(
            [needed("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        client = boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1",
            aws_access_key_id="mami", aws_secret_access_key="a-secret-of-the-tests",
        )  # fmt: skip

        def is_open() -> bool:
            try:
                client.create_bucket(Bucket=BUCKET)
            except Exception:
                return False
            return True

        until(is_open, seconds=60, why="the bucket")
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(PUBLIC))
        yield server, {
            "MEDIA_STORAGE": "s3", "S3_ENDPOINT": address, "S3_BUCKET": BUCKET,
            "S3_ACCESS_KEY": "mami", "S3_SECRET_KEY": "a-secret-of-the-tests",
        }  # fmt: skip
    finally:
        server.kill()
        server.wait()


def storage_at(variables: dict[str, str], *, location: str = "media") -> BucketStorage:
    return BucketStorage(
        access_key=variables["S3_ACCESS_KEY"], secret_key=variables["S3_SECRET_KEY"],
        bucket_name=BUCKET, endpoint_url=variables["S3_ENDPOINT"], region_name="us-east-1",
        location=location,
    )  # fmt: skip


def test_a_bucket_is_a_storage_like_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_storage, "ANSWER_SECONDS", 5 * patience())
    with bucket_server(tmp_path) as (server, variables):
        kept = storage_at(variables)
        assert kept.listdir("products") == ([], [])
        with pytest.raises(FileNotFoundError):
            kept.get_modified_time("products/a/1280.webp")
        with pytest.raises(FileNotFoundError):
            kept.open("products/a/1280.webp")
        kept.save("products/a/1280.webp", ContentFile(b"pixels"))
        assert kept.listdir("products") == (["a"], [])
        assert kept.listdir("products/a") == ([], ["1280.webp"])
        assert abs((now() - kept.get_modified_time("products/a/1280.webp")).total_seconds()) < 3600
        with kept.open("products/a/1280.webp") as file:
            assert file.read() == b"pixels"
        assert requests.get(kept.url("products/a/1280.webp"), timeout=20).content == b"pixels"
        hidden = storage_at(variables, location="private")
        hidden.save("doors/b.webp", ContentFile(b"a door"))
        assert requests.get(hidden.url("doors/b.webp"), timeout=20).status_code == 403
        kept.delete("products/a/1280.webp")
        kept.delete("products/a/1280.webp")
        assert not kept.exists("products/a/1280.webp")

        server.kill()
        server.wait()
        for act in (
            lambda: kept.save("c.webp", ContentFile(b"x")),
            lambda: kept.open("c.webp"),
            lambda: kept.delete("c.webp"),
            lambda: kept.exists("c.webp"),
            lambda: kept.listdir(""),
        ):
            with pytest.raises(ServiceUnavailable):
                act()


def test_a_copy_holds_the_bucket_and_brings_it_back(
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    beside: Beside,
) -> None:
    monkeypatch.setattr(bucket_storage, "ANSWER_SECONDS", 5 * patience())
    identity = pyrage.x25519.Identity.generate()
    settings.BACKUP_IDENTITY = str(identity)
    copy, seal = tmp_path / "copy.tar.age", [str(identity.to_public())]
    with beside(migrated()), bucket_server(tmp_path) as (server, variables):
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        settings.STORAGES |= environment.storages(environment.Environment(), settings.MAMI_VAR)
        kept = {
            "default": ("products/a/320.webp", b"pixels"),
            "private": ("doors/b.webp", b"a door"),
        }
        for storage, (name, content) in kept.items():
            storages[storage].save(name, ContentFile(content))
        storages["private"].save("large", ContentFile(b"x" * 9_000_000))  # fetched in parts
        backups.back_up(to=copy, recipients=seal, now=now())
        for storage, (name, _content) in kept.items():
            storages[storage].delete(name)
        storages["default"].save("products/a/320.webp", ContentFile(b"what somebody made of it"))

        former = backups.restore(source=copy, replace=True, now=now())
        assert former is not None
        for storage, (name, content) in kept.items():
            with storages[storage].open(name) as file:
                assert file.read() == content
        assert storages["private"].size("large") == 9_000_000
        shown = requests.get(storages["default"].url("products/a/320.webp"), timeout=20)
        assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert shown.headers["Content-Type"] == "image/webp"
        hidden = storages["private"].url("doors/b.webp")
        assert requests.get(hidden, timeout=20).status_code == 403

        before = databases()
        assert former in before
        server.kill()
        server.wait()
        for act, said in (
            (lambda: backups.back_up(to=tmp_path / "2", recipients=seal, now=now()), "no copy"),
            (
                lambda: backups.restore(source=copy, replace=True, now=now()),
                "nothing was exchanged",
            ),
        ):
            with pytest.raises(backups.BackupError, match=f"bucket .* does not answer.*{said}"):
                act()
        assert databases() == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bucket.log", "copy.tar.age"]
        with connected(database="postgres") as postgres:
            postgres.execute(f'DROP DATABASE "{former}"')


def databases() -> set[str]:
    with connected(database="postgres") as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()}


def in_the_end(ask: Callable[[], requests.Response]) -> requests.Response:
    """The answer once the bucket has answered the shop in time: it is not on a machine of its own here."""
    answers: list[requests.Response] = []

    def answered() -> bool:
        answers.append(ask())
        return answers[-1].status_code != 503

    until(answered, seconds=60, why="the bucket in time")
    return answers[-1]


@pytest.fixture
def nodes(tmp_path: Path, transactional_db: None) -> Iterator[tuple[list[WebNode], str]]:
    with bucket_server(tmp_path) as (_server, variables), two_nodes(tmp_path, **variables) as both:
        yield both, variables["S3_ENDPOINT"]


def test_what_one_node_takes_the_other_shows(
    nodes: tuple[list[WebNode], str], settings: Settings
) -> None:
    (one, other), bucket = nodes
    settings.SECRET_KEY = SECRET_KEY  # the nodes' own, so that they know who signs in here
    with open_with_sandbox() as shop:
        milk, order = shop.product(), delivered(shop)
        manager = shop.manager()

    # A product's photograph: everybody's, from the bucket's own address.
    client = Client()
    client.force_login(manager)
    visit = requests.Session()
    visit.cookies.set("sessionid", client.cookies["sessionid"].value)
    form = address(Product, "change", milk.pk)
    page = f"http://127.0.0.1:{one.port}{form}"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visit.get(page, timeout=60).text)
    assert token is not None
    fields = form_values(client, form) | {"csrfmiddlewaretoken": token[1]}
    sent = in_the_end(
        lambda: visit.post(
            page, data=fields, files={"image": ("x.jpg", file_of(), "image/jpeg")}, timeout=60,
            allow_redirects=False,
        )
    )  # fmt: skip
    assert sent.status_code == 302, re.findall(r"errorlist.*", sent.text)
    assert Product.objects.get(pk=milk.pk).image.name
    told = requests.get(f"http://127.0.0.1:{other.port}/api/v1/products/{milk.pk}", timeout=60)
    place = told.json()["data"]["image_url"]
    assert place.startswith(f"{bucket}/{BUCKET}/media/products/")
    picture = requests.get(place, timeout=20)
    assert (picture.status_code, picture.content[8:12]) == (200, b"WEBP")
    assert picture.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    policy = requests.get(f"http://127.0.0.1:{other.port}/", timeout=60).headers
    assert bucket in policy["Content-Security-Policy"]

    # What somebody shows of their order: theirs and the staff's alone.
    bearer = {"Authorization": f"Bearer {person(order.user).token}", "Idempotency-Key": "k"}
    line = order.items.first()
    assert line is not None
    items = json.dumps([{"id": line.pk, "quantity": 1, "kind": "DAMAGED"}])
    made = in_the_end(
        lambda: requests.post(
            f"http://127.0.0.1:{one.port}/api/v1/orders/{order.pk}/problems", {"items": items},
            files={f"photo_{line.pk}": ("x.jpg", file_of(), "image/jpeg")}, headers=bearer,
            timeout=60,
        )
    )  # fmt: skip
    assert made.status_code == 201, made.text
    report = made.json()["data"]["id"]
    item = order.problems.get(pk=report).items.get().pk
    path = reverse("orders:problem_photo", args=[order.order_number, report, item])
    client.force_login(order.user)
    visit.cookies.clear()  # one that an answer renewed would stand beside the next person's
    visit.cookies.set("sessionid", client.cookies["sessionid"].value)
    seen = in_the_end(lambda: visit.get(f"http://127.0.0.1:{other.port}{path}", timeout=60))
    assert (seen.status_code, seen.content[8:12]) == (200, b"WEBP"), seen.text[:300]
    assert "no-store" in seen.headers["Cache-Control"]
    client.force_login(shop.customer())
    visit.cookies.clear()
    visit.cookies.set("sessionid", client.cookies["sessionid"].value)
    assert visit.get(f"http://127.0.0.1:{other.port}{path}", timeout=60).status_code == 404
