"""Addresses of the account pages."""

from __future__ import annotations

from django.urls import path

from accounts.views import addresses, entrance, profile

app_name = "accounts"
urlpatterns = [
    path("", profile.home, name="home"),
    path("login/", entrance.login, name="login"),
    path("register/", entrance.register, name="register"),
    path("logout/", entrance.logout, name="logout"),
    path("forgot/", entrance.forgot, name="forgot"),
    path("reset/<str:token>/", entrance.reset, name="reset"),
    path("profile/", profile.profile, name="profile"),
    path("password/", profile.password, name="password"),
    path("addresses/", addresses.listing, name="addresses"),
    path("addresses/add/", addresses.add, name="address_add"),
    path("addresses/<int:address_id>/", addresses.change, name="address"),
    path("addresses/<int:address_id>/delete/", addresses.delete, name="address_delete"),
    path("addresses/<int:address_id>/default/", addresses.make_default, name="address_default"),
]
