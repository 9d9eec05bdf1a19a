"""Becoming a customer, signing in and out, getting back in without the password."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from rest_framework.request import Request

from accounts import errors, services
from accounts.authentication import StaleTokenAllowed
from accounts.callers import caller_of
from accounts.models import User
from accounts.serializers import (
    ChallengeIn,
    ChangePasswordIn,
    ForgotPasswordIn,
    KnownTokensOut,
    LoginIn,
    RefreshIn,
    RegisterIn,
    ResetPasswordIn,
    SignedInOut,
)
from accounts.services import TokenPair
from api.operations import operation
from api.views import ApiView
from core import clock
from core.errors import ServiceUnavailable, TokenInvalid
from core.limits import RateLimited
from core.typed_requests import PersonApiRequest

TAG = "Accounts"


class Register(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Become a customer",
        description="Whatever else is sent, the role is CUSTOMER.",
        body=RegisterIn,
        answer=SignedInOut,
        status=201,
        refusals=[errors.EmailTaken, RateLimited, ServiceUnavailable],
    )
    def post(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        user = services.register(
            **body,
            language=translation.get_language(),
            face="API",
            caller=caller_of(request),
            now=clock.now(),
        )
        return _signed_in(request, user)


class Login(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Sign in",
        description=(
            "In 15 minutes 10 wrong tries of all strangers together, 10 of one known device or "
            "place, 100 of an address → 429. Send the `device_token` of an earlier answer as "
            "`X-Device-Token`: then strangers who guess at the account do not stand in the way."
        ),
        body=LoginIn,
        answer=SignedInOut,
        refusals=[
            errors.InvalidCredentials,
            errors.SecondFactorRequired,
            RateLimited,
            ServiceUnavailable,
        ],
    )
    def post(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        user = services.sign_in(**body, caller=caller_of(request), now=clock.now())
        return _signed_in(request, user)


class SecondFactorSignIn(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Sign in with the code of the second factor",
        description="The challenge is that of the login; it ends after 5 minutes or 5 wrong codes.",
        body=ChallengeIn,
        answer=SignedInOut,
        refusals=[
            errors.SecondFactorInvalid, errors.ChallengeInvalid, RateLimited, ServiceUnavailable,
        ],
    )  # fmt: skip
    def post(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        user = services.answer_challenge(**body, caller=caller_of(request), now=clock.now())
        return _signed_in(request, user)


class Refresh(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Exchange a refresh token",
        description="The old one is dead. Using it again ends every token that came from it.",
        body=RefreshIn,
        answer=KnownTokensOut,
        refusals=[TokenInvalid, RateLimited],
    )
    def post(self, request: Request, body: dict[str, Any]) -> TokenPair:
        return services.refresh(**body, caller=caller_of(request), now=clock.now())


class Logout(ApiView):
    @operation(
        tag=TAG,
        summary="Sign out",
        description="Ends the refresh token and all that came from the same sign-in.",
        body=RefreshIn,
        status=204,
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.logout(actor=request.user, **body, now=clock.now())


class LogoutEverywhere(ApiView):
    @operation(
        tag=TAG,
        summary="Sign out everywhere",
        description="Every session and token, this one too, is refused from then on.",
        status=204,
    )
    def post(self, request: PersonApiRequest) -> None:
        services.end_everywhere(actor=request.user, now=clock.now())


class ForgotPassword(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Ask for a link to a new password",
        description="The answer is the same whether there is such an account or not.",
        body=ForgotPasswordIn,
        status=202,
        refusals=[RateLimited],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        services.forgot_password(**body, caller=caller_of(request), now=clock.now())


class ResetPassword(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Set a new password with the token of a link",
        description="Once, within 30 minutes; ends all tokens.",
        body=ResetPasswordIn,
        status=204,
        refusals=[errors.ResetTokenInvalid, RateLimited, ServiceUnavailable],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        now, caller = clock.now(), caller_of(request)
        user = services.reset_password(**body, caller=caller, now=now)
        services.remember_device(user=user, caller=caller, now=now, signed_in=False)


class ChangePassword(ApiView):
    @operation(
        tag=TAG,
        summary="Change my password",
        description="Every earlier token of mine, access tokens too, is refused from then on.",
        body=ChangePasswordIn,
        answer=KnownTokensOut,
        refusals=[errors.InvalidCredentials, RateLimited, ServiceUnavailable],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> dict[str, Any]:
        user = services.change_password(actor=request.user, **body, now=clock.now())
        return _signed_in(request, user)


def _signed_in(request: Request, user: User) -> dict[str, Any]:
    now, caller = clock.now(), caller_of(request)
    pair = services.issue_tokens(user=user, caller=caller, now=now)
    return {
        "device_token": services.remember_device(user=user, caller=caller, now=now),
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_at": pair.expires_at,
        "user": user,
    }
