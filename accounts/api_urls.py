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
    path("auth/second-factor", api.SecondFactorSignIn.as_view(), name="auth-second-factor"),
    path("auth/logout-everywhere", api.LogoutEverywhere.as_view(), name="auth-logout-everywhere"),
    path("me/sessions", api.Sessions.as_view(), name="sessions"),
    path("me/sessions/<int:session_id>", api.SessionDetail.as_view(), name="session"),
    path("me/second-factor", api.MySecondFactor.as_view(), name="second-factor"),
    path(
        "me/second-factor/confirm",
        api.ConfirmSecondFactor.as_view(),
        name="second-factor-confirm",
    ),
    path(
        "me/second-factor/recovery-codes",
        api.RecoveryCodes.as_view(),
        name="second-factor-recovery-codes",
    ),
    path("me", api.Me.as_view(), name="me"),
    path("me/verify-email", api.VerifyMyEmail.as_view(), name="me-verify-email"),
    path("auth/verify-email", api.VerifyEmail.as_view(), name="auth-verify-email"),
    path("me/email", api.MyEmail.as_view(), name="me-email"),
    path("auth/confirm-email", api.ConfirmEmail.as_view(), name="auth-confirm-email"),
    path("me/phone/code", api.MyPhoneCode.as_view(), name="me-phone-code"),
    path("me/phone/verify", api.VerifyMyPhone.as_view(), name="me-phone-verify"),
    path("me/export", api.Export.as_view(), name="me-export"),
    path("me/export/file", api.ExportFile.as_view(), name="me-export-file"),
    path("me/erase", api.Erase.as_view(), name="me-erase"),
    path("me/consents", api.Consents.as_view(), name="me-consents"),
    path("me/consents/<str:kind>", api.ConsentDetail.as_view(), name="me-consent"),
    path("me/addresses", api.Addresses.as_view(), name="addresses"),
    path("me/addresses/<int:address_id>", api.AddressDetail.as_view(), name="address"),
    path(
        "me/addresses/<int:address_id>/default",
        api.AddressDefault.as_view(),
        name="address-default",
    ),
    path("admin/users", api.People.as_view(), name="admin-users"),
    path("admin/users/<int:user_id>", api.PersonDetail.as_view(), name="admin-user"),
    path(
        "admin/users/<int:user_id>/second-factor/reset",
        api.ResetSecondFactor.as_view(),
        name="admin-user-second-factor-reset",
    ),
]
