"""Addresses of accounts below /api/v1/."""

from __future__ import annotations

from django.urls import path

from accounts import api

urlpatterns = [
    path("auth/register", api.Register.as_view(), name="auth-register"),
    path("auth/login", api.Login.as_view(), name="auth-login"),
    path("auth/refresh", api.Refresh.as_view(), name="auth-refresh"),
    path("auth/logout", api.Logout.as_view(), name="auth-logout"),
    path("auth/me", api.AuthMe.as_view(), name="auth-me"),
    path("auth/change-password", api.ChangePassword.as_view(), name="auth-change-password"),
    path("auth/forgot-password", api.ForgotPassword.as_view(), name="auth-forgot-password"),
    path("auth/reset-password", api.ResetPassword.as_view(), name="auth-reset-password"),
    path("me", api.Me.as_view(), name="me"),
    path("me/addresses", api.Addresses.as_view(), name="addresses"),
    path("me/addresses/<int:address_id>", api.AddressDetail.as_view(), name="address"),
    path(
        "me/addresses/<int:address_id>/default",
        api.AddressDefault.as_view(),
        name="address-default",
    ),
    path("admin/users", api.People.as_view(), name="admin-users"),
    path("admin/users/<int:user_id>", api.PersonDetail.as_view(), name="admin-user"),
]
