"""Lists in the JSON API."""

from __future__ import annotations

from typing import Any

from accounts.errors import EmailNotVerified
from api.operations import WithStatus, operation
from api.views import ApiView
from cart.errors import InvalidQuantity, ProductInactive
from core import clock
from core.errors import Busy, InvalidInput, NotFound
from core.typed_requests import PersonApiRequest
from lists import errors, selectors, services
from lists.models import ListItem
from lists.selectors import ListView
from lists.serializers import (
    BoughtOut,
    BuyListIn,
    JoinIn,
    ListBriefOut,
    ListItemIn,
    ListNameIn,
    ListOut,
    PutOnListIn,
    ShareOut,
    WishIn,
    WishlistOut,
    WishOut,
)
from lists.services.sharing import ShareLink

TAG = "Lists"
OLD = "First web client"


class Lists(ApiView):
    @operation(tag=TAG, summary="My lists", answer=ListBriefOut, many=True)
    def get(self, request: PersonApiRequest) -> list[ListView]:
        return selectors.lists_of(actor=request.user)

    @operation(
        tag=TAG,
        summary="Make a list",
        body=ListNameIn,
        answer=ListOut,
        status=201,
        refusals=[InvalidInput, errors.DuplicateListName, errors.TooManyLists, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> ListView:
        made = services.create_list(actor=request.user, **body)
        return selectors.list_view(actor=request.user, list_id=made.pk)


class List(ApiView):
    @operation(tag=TAG, summary="One of my lists", answer=ListOut, refusals=[NotFound])
    def get(self, request: PersonApiRequest, list_id: int) -> ListView:
        return selectors.list_view(actor=request.user, list_id=list_id)

    @operation(
        tag=TAG,
        summary="Give it another name",
        body=ListNameIn,
        answer=ListOut,
        refusals=[
            NotFound,
            InvalidInput,
            errors.NotListOwner,
            errors.FavouritesFixed,
            errors.DuplicateListName,
            Busy,
        ],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], list_id: int) -> ListView:
        services.rename_list(actor=request.user, list_id=list_id, **body)
        return selectors.list_view(actor=request.user, list_id=list_id)

    @operation(
        tag=TAG,
        summary="Delete it, for everybody on it",
        status=204,
        refusals=[NotFound, errors.NotListOwner, errors.FavouritesFixed, Busy],
    )
    def delete(self, request: PersonApiRequest, list_id: int) -> None:
        services.delete_list(actor=request.user, list_id=list_id)


class ListItems(ApiView):
    @operation(
        tag=TAG,
        summary="Put a product on it",
        description="The same product again: the larger of the two amounts, 200.",
        body=PutOnListIn,
        answer=ListOut,
        status=201,
        also={200: "It was on the list before."},
        refusals=[NotFound, InvalidQuantity, ProductInactive, errors.TooManyItems, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any], list_id: int) -> WithStatus:
        is_new = services.put_on_list(actor=request.user, list_id=list_id, **body, now=clock.now())
        view = selectors.list_view(actor=request.user, list_id=list_id)
        return WithStatus(view, 201 if is_new else 200)


class ListLine(ApiView):
    @operation(
        tag=TAG,
        summary="Change a line",
        description="Amount, note or both; an amount of 0 takes it off.",
        body=ListItemIn,
        answer=ListOut,
        refusals=[NotFound, InvalidQuantity, Busy],
    )
    def patch(
        self, request: PersonApiRequest, body: dict[str, Any], list_id: int, item_id: int
    ) -> ListView:
        services.change_item(actor=request.user, list_id=list_id, item_id=item_id, **body)
        return selectors.list_view(actor=request.user, list_id=list_id)

    @operation(tag=TAG, summary="Take a line off", status=204, refusals=[NotFound, Busy])
    def delete(self, request: PersonApiRequest, list_id: int, item_id: int) -> None:
        services.take_off(actor=request.user, list_id=list_id, item_id=item_id)


class BuyList(ApiView):
    @operation(
        tag=TAG,
        summary="Put it into my basket",
        description="A line of the basket becomes the larger of the two: twice does no harm.",
        body=BuyListIn,
        answer=BoughtOut,
        refusals=[NotFound, Busy],
    )
    def post(
        self, request: PersonApiRequest, body: dict[str, Any], list_id: int
    ) -> services.ListBought:
        return services.add_list_to_cart(
            actor=request.user, list_id=list_id, **body, now=clock.now()
        )


class ShareList(ApiView):
    @operation(
        tag=TAG,
        summary="A link by which others join it",
        description="Seven days, for any number of people; the newest one only.",
        answer=ShareOut,
        status=201,
        refusals=[NotFound, errors.NotListOwner, Busy],
    )
    def post(self, request: PersonApiRequest, list_id: int) -> ShareLink:
        return services.share_list(actor=request.user, list_id=list_id, now=clock.now())

    @operation(
        tag=TAG,
        summary="End the link",
        description="Who joined stays.",
        status=204,
        refusals=[NotFound, errors.NotListOwner, Busy],
    )
    def delete(self, request: PersonApiRequest, list_id: int) -> None:
        services.stop_sharing(actor=request.user, list_id=list_id)


class JoinList(ApiView):
    @operation(
        tag=TAG,
        summary="Join a list by its link",
        body=JoinIn,
        answer=ListOut,
        refusals=[errors.ShareTokenInvalid, errors.TooManyMembers, EmailNotVerified, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> ListView:
        list_id = services.join_list(actor=request.user, **body, now=clock.now())
        return selectors.list_view(actor=request.user, list_id=list_id)


class Member(ApiView):
    @operation(
        tag=TAG,
        summary="Remove somebody from my list, or leave one",
        description="Their lines stay, with `added_by: null`.",
        status=204,
        refusals=[NotFound, errors.NotListOwner, Busy],
    )
    def delete(self, request: PersonApiRequest, list_id: int, user_id: int) -> None:
        services.remove_member(actor=request.user, list_id=list_id, user_id=user_id)


class Wishlist(ApiView):
    @operation(tag=OLD, summary="What I want to find again", answer=WishlistOut)
    def get(self, request: PersonApiRequest) -> dict[str, list[ListItem]]:
        return {"items": selectors.favourite_items(actor=request.user)}

    @operation(
        tag=OLD,
        summary="Remember a product",
        body=WishIn,
        answer=WishOut,
        status=201,
        refusals=[NotFound, ProductInactive, errors.TooManyItems, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> ListItem:
        return services.put_favourite(actor=request.user, **body, now=clock.now())


class WishlistProduct(ApiView):
    @operation(tag=OLD, summary="Forget a product", status=204)
    def delete(self, request: PersonApiRequest, product_id: int) -> None:
        services.take_favourite(actor=request.user, product_id=product_id)
