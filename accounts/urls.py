"""Addresses of the account pages."""

from __future__ import annotations

from django.urls import path

from accounts.views import addresses, contact, data, entrance, profile, second_factor, security

app_name = "accounts"
urlpatterns = [
    path("", profile.home, name="home"),
    path("login/", entrance.login, name="login"),
    path("register/", entrance.register, name="register"),
    path("logout/", entrance.logout, name="logout"),
    path("forgot/", entrance.forgot, name="forgot"),
    path("reset/<str:token>/", entrance.reset, name="reset"),
    path("profile/", profile.profile, name="profile"),
    path("verify/<str:token>/", contact.link, {"kind": "VERIFY"}, name="verify"),
    path("verify/", contact.verify_again, name="verify_again"),
    path("email/", contact.email, name="email"),
    path("email/withdraw/", contact.withdraw_email, name="email_withdraw"),
    path("email/confirm/<str:token>/", contact.link, {"kind": "CHANGE"}, name="email_confirm"),
    path("email/stop/<str:token>/", contact.link, {"kind": "TAKE_BACK"}, name="email_stop"),
    path("data/", data.overview, name="data"),
    path("data/export/", data.export, name="export"),
    path("data/export/file/", data.export_file, name="export_file"),
    path("data/erase/", data.erase, name="erase"),
    path("data/consents/<str:kind>/", data.consent, name="consent"),
    path("phone/", contact.phone, name="phone"),
    path("phone/code/", contact.phone_code, name="phone_code"),
    path("password/", profile.password, name="password"),
    path("security/", security.overview, name="security"),
    path("security/everywhere/", security.everywhere, name="everywhere"),
    path("security/<int:sign_in_id>/end/", security.end, name="session_end"),
    path("login/code/", second_factor.code, name="code"),
    path("second-factor/", second_factor.overview, name="second_factor"),
    path("second-factor/confirm/", second_factor.confirm, name="second_factor_confirm"),
    path("second-factor/codes/", second_factor.new_codes, name="second_factor_codes"),
    path("second-factor/remove/", second_factor.remove, name="second_factor_remove"),
    path("addresses/", addresses.listing, name="addresses"),
    path("addresses/add/", addresses.add, name="address_add"),
    path("addresses/<int:address_id>/", addresses.change, name="address"),
    path("addresses/<int:address_id>/delete/", addresses.delete, name="address_delete"),
    path("addresses/<int:address_id>/default/", addresses.make_default, name="address_default"),
]
