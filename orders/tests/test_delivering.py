"""At the door: a note or a photograph, kept as pixels of our own making, for the right eyes only."""

from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from core import clock
from core.errors import InvalidInput
from core.pictures import MOST_BYTES
from orders import photos, services
from orders.errors import InvalidStatusTransition, PhotoRefused
from orders.models import DeliveryProof, Order
from tests.shop import Shop

NORTH = 0x8825, {1: "N", 2: (32.0, 47.0, 1.0)}


def picture(size=(2000, 1000), kind="JPEG", **values) -> io.BytesIO:
    made, image = io.BytesIO(), Image.new("RGB", size, "green")
    image.save(made, kind, **values)
    made.seek(0)
    return made


def with_place() -> io.BytesIO:
    exif = Image.Exif()
    exif[0x010F] = "A camera of somebody"
    exif.get_ifd(NORTH[0]).update(NORTH[1])
    exif[0x0112] = 6  # lies on its side
    return picture(exif=exif)


def bomb() -> io.BytesIO:
    """A tiny file that says it is 60,000 × 60,000 pixels large."""
    data = bytearray(picture((8, 8), "PNG").getvalue())
    data[16:24] = (60_000).to_bytes(4) * 2
    return io.BytesIO(bytes(data))


def out(shop: Shop, **values) -> Order:
    """A delivery on its way."""
    order = shop.order(request=shop.request(**values))
    item, mia = order.items.get(), shop.manager()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    services.pick_item(actor=mia, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
                       now=clock.now())  # fmt: skip
    for to in ("READY", "OUT_FOR_DELIVERY"):
        services.change_status(actor=mia, order_id=order.pk, to=to, now=clock.now())
    return order


def deliver(shop: Shop, order: Order, **values) -> Order:
    return services.deliver(actor=shop.manager(), order_id=order.pk, now=clock.now(), **values)


def kept_files() -> set[str]:
    storage = apps.get_model("orders", "DeliveryProof")._meta.get_field("photo").storage
    return set(storage.listdir("doors")[1]) if storage.exists("doors") else set()


@pytest.mark.parametrize("make", [with_place, lambda: picture(kind="PNG"), picture])
def test_a_photo_is_made_anew_small_upright_and_without_its_place(make):
    kept = Image.open(io.BytesIO(photos.cleaned(make())))
    assert kept.format == "WEBP"
    assert max(kept.size) == photos.SIDE
    assert not kept.getexif()
    assert "exif" not in kept.info


def test_a_photo_that_lies_on_its_side_is_turned():
    kept = Image.open(io.BytesIO(photos.cleaned(with_place())))
    assert kept.height > kept.width


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"GIF89a" + b"\0" * 64,
        picture((64, 64)).getvalue()[:300], bomb().getvalue(), b"\xff" * (MOST_BYTES + 1),
    ],
)  # fmt: skip
def test_anything_else_is_refused_before_it_is_decoded(data):
    with pytest.raises(PhotoRefused):
        photos.cleaned(io.BytesIO(data))


def test_delivered_with_a_note_and_a_photo(shop: Shop, client):
    order = out(shop)
    assert deliver(shop, order, note=" With the neighbour ", photo=picture()).status == "DELIVERED"
    proof = DeliveryProof.objects.get(order=order)
    assert proof.note == "With the neighbour"
    kept = shop.audit(action="UPDATE", entity_type="order")[-1].new_value
    assert kept == {"delivery_note": True, "delivery_photo": True}
    for person, name, status in (
        (order.user, "orders:photo", 200), (shop.employee(), "ops:photo", 200),
        (shop.customer(), "orders:photo", 404), (shop.customer(), "ops:photo", 403),
    ):  # fmt: skip
        client.force_login(person)
        answer = client.get(reverse(name, args=[order.order_number]))
        assert answer.status_code == status, (person.role, name)
        if status == 200:
            assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
            assert "no-store" in answer["Cache-Control"]
    client.logout()
    path = f"/media/{proof.photo.name}"
    assert client.get(path).status_code == 404


def test_left_alone_it_needs_one_of_the_two(shop: Shop):
    order = out(shop, delivery_preference="LEAVE_AT_DOOR")
    with pytest.raises(InvalidInput):
        deliver(shop, order)
    order.refresh_from_db()
    assert order.status == "OUT_FOR_DELIVERY"
    assert deliver(shop, order, note="Under the bench").status == "DELIVERED"


def test_a_refused_move_keeps_no_file(shop: Shop):
    order, before = shop.order(), kept_files()
    with pytest.raises(InvalidStatusTransition):
        deliver(shop, order, photo=picture())
    assert kept_files() == before
    assert not DeliveryProof.objects.exists()


def test_the_form_keeps_what_was_typed(shop: Shop, client):
    order = out(shop)
    client.force_login(shop.manager())
    bad = SimpleUploadedFile("door.jpg", b"no picture", content_type="image/jpeg")
    address = reverse("ops:deliver", args=[order.order_number])
    answer = client.post(address, {"note": "At the gate", "photo": bad})
    assert answer.status_code == 422
    assert 'value="At the gate"' in answer.content.decode()
    order.refresh_from_db()
    assert order.status == "OUT_FOR_DELIVERY"
    assert client.post(address, {"note": "At the gate"}).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.proof.note) == ("DELIVERED", "At the gate")


def test_a_failed_delivery_needs_its_reason(shop: Shop, client):
    order = out(shop)
    client.force_login(shop.manager())
    address = reverse("ops:status", args=[order.order_number])
    client.post(address, {"status": "DELAYED"})
    order.refresh_from_db()
    assert order.status == "OUT_FOR_DELIVERY"
    client.post(address, {"status": "DELAYED", "reason": "Nobody at home"})
    order.refresh_from_db()
    assert order.status == "DELAYED"
    assert order.timeline.last().reason == "Nobody at home"
