"""Accounts in the JSON API: becoming a customer, signing in, one's own data, other people."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from rest_framework.request import Request

from accounts import errors, selectors, services
from accounts.authentication import StaleTokenAllowed
from accounts.models import Address, User
from accounts.serializers import (
    AddressIn,
    AddressOut,
    AddressPatchIn,
    ChangePasswordIn,
    ForgotPasswordIn,
    LoginIn,
    PeopleQuery,
    PersonAdminOut,
    PersonPatchIn,
    ProfileIn,
    ProfileOut,
    RefreshIn,
    RegisterIn,
    ResetPasswordIn,
    SignedInOut,
    TokensOut,
)
from accounts.services import TokenPair
from mami import clock
from mami.api.operations import operation
from mami.api.pagination import Page, by_cursor
from mami.api.views import ApiView
from mami.errors import InvalidInput, TokenInvalid
from mami.ratelimits import RateLimited, client_address
from mami.signed_in import PersonApiRequest

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
        refusals=[errors.EmailTaken, RateLimited],
    )
    def post(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        user = services.register(
            **body,
            language=translation.get_language(),
            client=client_address(request),
            now=clock.now(),
        )
        return _signed_in(user)


class Login(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Sign in",
        description="10 failures of an account or 100 attempts of an address in 15 minutes → 429.",
        body=LoginIn,
        answer=SignedInOut,
        refusals=[errors.InvalidCredentials, RateLimited],
    )
    def post(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        return _signed_in(services.authenticate(**body, client=client_address(request)))


class Refresh(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Exchange a refresh token",
        description="The old one is dead. Using it again ends every token that came from it.",
        body=RefreshIn,
        answer=TokensOut,
        refusals=[TokenInvalid],
    )
    def post(self, request: Request, body: dict[str, Any]) -> TokenPair:
        return services.refresh(**body, now=clock.now())


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


class Me(ApiView):
    @operation(tag=TAG, summary="Who I am", answer=ProfileOut)
    def get(self, request: PersonApiRequest) -> User:
        return request.user

    @operation(
        tag=TAG,
        summary="Change my name, phone or language",
        body=ProfileIn,
        partial=True,
        answer=ProfileOut,
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any]) -> User:
        return services.update_profile(actor=request.user, changes=body)


class AuthMe(ApiView):
    @operation(tag=TAG, summary="Who I am", answer=ProfileOut)
    def get(self, request: PersonApiRequest) -> User:
        return request.user


class ChangePassword(ApiView):
    @operation(
        tag=TAG,
        summary="Change my password",
        description="Every earlier token of mine, access tokens too, is refused from then on.",
        body=ChangePasswordIn,
        answer=TokensOut,
        refusals=[errors.InvalidCredentials, RateLimited],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> TokenPair:
        now = clock.now()
        user = services.change_password(actor=request.user, **body, now=now)
        return services.issue_tokens(user=user, now=now)


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
        services.forgot_password(**body, client=client_address(request), now=clock.now())


class ResetPassword(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Set a new password with the token of a link",
        description="Once, within 30 minutes; ends all tokens.",
        body=ResetPasswordIn,
        status=204,
        refusals=[errors.ResetTokenInvalid],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        services.reset_password(**body, now=clock.now())


class Addresses(ApiView):
    @operation(tag=TAG, summary="My addresses", answer=AddressOut, many=True)
    def get(self, request: PersonApiRequest) -> list[Address]:
        return selectors.addresses_of(actor=request.user)

    @operation(
        tag=TAG,
        summary="Add an address",
        description="The first one is the default.",
        body=AddressIn,
        answer=AddressOut,
        status=201,
        refusals=[errors.TooManyAddresses],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> Address:
        return services.add_address(actor=request.user, data=services.AddressData(**body))


class AddressDetail(ApiView):
    @operation(
        tag=TAG,
        summary="Change an address",
        body=AddressPatchIn,
        partial=True,
        answer=AddressOut,
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], address_id: int) -> Address:
        return services.update_address(actor=request.user, address_id=address_id, changes=body)

    @operation(tag=TAG, summary="Forget an address", status=204)
    def delete(self, request: PersonApiRequest, address_id: int) -> None:
        services.delete_address(actor=request.user, address_id=address_id)


class AddressDefault(ApiView):
    @operation(tag=TAG, summary="Make an address the default", status=204)
    def post(self, request: PersonApiRequest, address_id: int) -> None:
        services.set_default_address(actor=request.user, address_id=address_id)


class People(ApiView):
    @operation(
        tag="Administration",
        summary="People",
        description="Newest first.",
        query=PeopleQuery,
        answer=PersonAdminOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        wanted = {k: query[k] for k in ("q", "role", "is_active") if k in query}
        return by_cursor(selectors.people(**wanted), keys=("-id",), **query)


class PersonDetail(ApiView):
    @operation(tag="Administration", summary="A person", answer=PersonAdminOut)
    def get(self, request: Request, user_id: int) -> User:
        return selectors.person(user_id=user_id)

    @operation(
        tag="Administration",
        summary="Change a person's role, or close or reopen their account",
        description="Old rights end at once, whatever token is still alive.",
        body=PersonPatchIn,
        partial=True,
        answer=PersonAdminOut,
        refusals=[errors.CannotModifySelf, errors.LastAdmin, InvalidInput],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], user_id: int) -> User:
        return services.change_person(actor=request.user, user_id=user_id, **body, now=clock.now())


def _signed_in(user: User) -> dict[str, Any]:
    pair = services.issue_tokens(user=user, now=clock.now())
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_at": pair.expires_at,
        "user": user,
    }
