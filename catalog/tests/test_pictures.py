"""The photograph of a product: kept, shown, replaced, refused, made anew."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from accounts.tests.factories import manager
from cart.tests.factories import product
from catalog import services
from catalog.models import Product
from core import clock
from core.errors import InvalidInput
from core.pictures import WIDTHS, PictureRefused, is_kept, version
from core.tests.test_pictures import bomb, file_of, with_place
from tests.admin_forms import address, form_values

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(data: io.BytesIO, name: str = "../../x.php") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data.getvalue(), content_type="text/html")


MADE = len(WIDTHS) + 1
"""A file for each width, and the card that others show of the page."""


def files() -> list[str]:
    found = []
    for folder in (
        default_storage.listdir("products")[0] if default_storage.exists("products") else []
    ):
        found += [f"{folder}/{name}" for name in default_storage.listdir(f"products/{folder}")[1]]
    return sorted(found)


def change(milk: Product, **changes) -> Product:
    return services.update_product(actor=manager(), product_id=milk.pk, changes=changes)


def test_an_upload_is_kept_in_three_widths_under_a_name_of_ours(client):
    milk = change(product(), image=upload(with_place()))
    assert is_kept(milk.image.name)
    assert len(files()) == MADE
    with default_storage.open(version(milk.image.name, 640)) as file:
        image = Image.open(file)
        assert (image.width, bool(image.getexif())) == (640, False)
        assert image.height > image.width
    html = client.get(f"/products/{milk.pk}/").content.decode()
    assert all(f"{version(milk.image.name, width)} {width}w" in html for width in (320, 640, 1280))
    told = client.get(f"/api/v1/products/{milk.pk}").json()["data"]["image_url"]
    assert told.endswith(version(milk.image.name, 640))
    with default_storage.open(milk.image.name) as file:
        assert file.read(12)[8:] == b"WEBP"


@pytest.mark.django_db(transaction=True)
def test_replaced_and_emptied_files_go_after_the_commit():
    milk = change(product(), image=upload(file_of()))
    first = set(files())
    with transaction.atomic():
        milk = change(milk, image=upload(file_of(color="blue")))
        assert first < set(files()), "the old ones stay until it is certain"
    assert len(files()) == MADE
    assert first.isdisjoint(files())
    change(milk, image="")
    assert files() == []
    assert not Product.objects.get(pk=milk.pk).image


@pytest.mark.parametrize(
    ("data", "reason"),
    [(file_of(kind="TIFF"), "TYPE_REFUSED"), (bomb(), "TOO_MANY_PIXELS"), (file_of((90, 90)), "TOO_SMALL")],
)  # fmt: skip
def test_a_refused_one_changes_nothing(data, reason):
    milk = change(product(), image=upload(file_of()))
    before = files()
    with pytest.raises(PictureRefused) as refusal:
        change(milk, image=upload(data), name_en="Other")
    assert refusal.value.details["reason"] == reason
    milk.refresh_from_db()
    assert files() == before
    assert milk.name_en != "Other"


def test_a_row_that_is_refused_leaves_no_file():
    milk = product()
    with pytest.raises(InvalidInput):
        change(milk, image=upload(file_of()), quantity_step=-1)
    assert files() == []


def test_the_office_says_it_at_the_field_and_keeps_what_was_typed(client):
    client.force_login(manager())
    milk = product(name_en="Milk")
    url = address(Product, "change", milk.pk)
    values = form_values(client, url) | {"name_en": "New milk"}
    for data in (file_of(kind="TIFF"), bomb(), io.BytesIO(b"x")):
        answer = client.post(url, {**values, "image": upload(data, "x.jpg")})
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors["image"]
        assert 'value="New milk"' in answer.content.decode()
    assert client.post(url, {**values, "image": upload(with_place(), "x.jpg")}).status_code == 302
    milk.refresh_from_db()
    assert (is_kept(milk.image.name), milk.name_en) == (True, "New milk")


class TestCleanUp:
    def raw(self, data: io.BytesIO, name: str) -> Product:
        milk = product()
        kept_as = default_storage.save(f"products/{name}", ContentFile(data.getvalue()))
        Product.objects.filter(pk=milk.pk).update(image=kept_as)
        return milk

    @pytest.mark.django_db(transaction=True)
    def test_what_was_kept_as_it_came_is_made_anew_once(self, capsys):
        bread, milk = self.raw(with_place(), "a.jpg"), self.raw(file_of(), "b.jpg")
        call_command("clean_pictures")
        told = capsys.readouterr().out
        for one in (bread, milk):
            one.refresh_from_db()
            assert is_kept(one.image.name)
            assert f"{one.sku}: kept" in told
        assert default_storage.listdir("products")[1] == [], "the raw ones are gone"
        names = files()
        call_command("clean_pictures")
        assert files() == names, "a second time there is nothing to do"

    def test_what_cannot_be_read_is_named_and_stays(self, capsys):
        milk, gone = self.raw(file_of(kind="TIFF"), "a.tiff"), self.raw(file_of(), "b.jpg")
        default_storage.delete(Product.objects.get(pk=gone.pk).image.name)
        with pytest.raises(CommandError):
            call_command("clean_pictures")
        told = capsys.readouterr().out
        assert f"{milk.sku}: TYPE_REFUSED" in told
        assert f"{gone.sku}: no file" in told
        milk.refresh_from_db()
        assert milk.image.name == "products/a.tiff"

    def test_old_files_that_no_row_names_are_swept(self):
        milk = change(product(), image=upload(file_of()))
        lost = change(product(), image=upload(file_of()))
        Product.objects.filter(pk=lost.pk).update(image=None)
        default_storage.save("products/lost.jpg", ContentFile(b"x"))
        assert services.sweep_pictures(now=clock.now()) == 0, "young ones may still get their row"
        later = clock.now() + dt.timedelta(days=1, minutes=1)
        assert services.sweep_pictures(now=later) == 2
        assert len(files()) == MADE
        assert default_storage.exists(milk.image.name)
