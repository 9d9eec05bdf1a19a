"""Addresses of lists below /api/v1/."""

from __future__ import annotations

from django.urls import path

from lists import api

urlpatterns = [
    path("lists", api.Lists.as_view(), name="lists"),
    path("lists/join", api.JoinList.as_view(), name="list-join"),
    path("lists/<int:list_id>", api.List.as_view(), name="list"),
    path("lists/<int:list_id>/items", api.ListItems.as_view(), name="list-items"),
    path("lists/<int:list_id>/items/<int:item_id>", api.ListLine.as_view(), name="list-item"),
    path("lists/<int:list_id>/add-to-cart", api.BuyList.as_view(), name="list-buy"),
    path("lists/<int:list_id>/share", api.ShareList.as_view(), name="list-share"),
    path("lists/<int:list_id>/members/<int:user_id>", api.Member.as_view(), name="list-member"),
    path("store/wishlist", api.Wishlist.as_view(), name="old-wishlist"),
    path("store/wishlist/<int:product_id>", api.WishlistProduct.as_view(), name="old-wish"),
]
