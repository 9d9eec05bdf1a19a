"""What the shop knows about the caller: profile, sign-ins, second factor, addresses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from accounts import errors, selectors, services
from accounts.callers import caller_of
from accounts.models import Address, SignIn, User
from accounts.serializers import (
    AddressIn,
    AddressOut,
    AddressPatchIn,
    CodeIn,
    CurrentPasswordIn,
    PasswordAndCodeIn,
    ProfileIn,
    ProfileOut,
    RecoveryCodesOut,
    SecondFactorOnOut,
    SecondFactorOut,
    SetUpOut,
    SignInOut,
)
from api.operations import operation
from api.views import ApiView
from core import clock
from core.errors import ServiceUnavailable
from core.limits import RateLimited
from core.typed_requests import PersonApiRequest

TAG = "Accounts"


class Me(ApiView):
    @operation(tag=TAG, summary="Who I am", answer=ProfileOut)
    def get(self, request: PersonApiRequest) -> User:
        return request.user

    @operation(
        tag=TAG,
        summary="Change my name, phone, language or how I get papers",
        body=ProfileIn,
        partial=True,
        answer=ProfileOut,
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any]) -> User:
        given = body.pop("documents_consent", None)
        user = services.update_profile(actor=request.user, changes=body)
        if given is not None:
            user = services.consent_to_documents(
                actor=user, given=given, now=clock.now(), face="API"
            )
        return user


class AuthMe(ApiView):
    @operation(tag=TAG, summary="Who I am", answer=ProfileOut)
    def get(self, request: PersonApiRequest) -> User:
        return request.user


class Sessions(ApiView):
    @operation(
        tag=TAG,
        summary="Where I am signed in",
        description="Newest first.",
        answer=SignInOut,
        many=True,
    )
    def get(self, request: PersonApiRequest) -> list[SignIn]:
        found = selectors.sign_ins_of(actor=request.user, now=clock.now())
        for row in found:
            row.is_current = row.pk == request.user.sign_in_id  # type: ignore[attr-defined]
        return found


class SessionDetail(ApiView):
    @operation(
        tag=TAG,
        summary="End one of my sign-ins",
        description="Its cookie, refresh token and access token are refused from then on.",
        status=204,
    )
    def delete(self, request: PersonApiRequest, session_id: int) -> None:
        services.sessions.end(actor=request.user, sign_in_id=session_id, now=clock.now())


class MySecondFactor(ApiView):
    @operation(tag=TAG, summary="My second factor", answer=SecondFactorOut)
    def get(self, request: PersonApiRequest) -> selectors.SecondFactorState:
        return selectors.second_factor_of(actor=request.user)

    @operation(
        tag=TAG,
        summary="Begin to set up a second factor",
        description="Nothing is on yet; again, it is a new secret.",
        body=CurrentPasswordIn,
        answer=SetUpOut,
        status=201,
        refusals=[
            errors.InvalidCredentials, errors.SecondFactorEnabled, RateLimited, ServiceUnavailable,
        ],
    )  # fmt: skip
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> services.second_factor.SetUp:
        return services.second_factor.begin(actor=request.user, **body, now=clock.now())

    @operation(
        tag=TAG,
        summary="Turn my second factor off",
        body=PasswordAndCodeIn,
        status=204,
        refusals=[
            errors.InvalidCredentials, errors.SecondFactorInvalid,
            errors.SecondFactorRequiredByRole, RateLimited, ServiceUnavailable,
        ],
    )  # fmt: skip
    def delete(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.second_factor.remove(actor=request.user, **body, now=clock.now())


class ConfirmSecondFactor(ApiView):
    @operation(
        tag=TAG,
        summary="Turn my second factor on with its first code",
        description="Earlier tokens and sessions end; keep the recovery codes, nobody tells them again.",
        body=CodeIn,
        answer=SecondFactorOnOut,
        refusals=[
            errors.SecondFactorInvalid, errors.SecondFactorNotStarted, errors.SecondFactorEnabled,
            RateLimited, ServiceUnavailable,
        ],
    )  # fmt: skip
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> dict[str, Any]:
        now = clock.now()
        user, codes = services.second_factor.confirm(actor=request.user, **body, now=now)
        pair = services.issue_tokens(user=user, caller=caller_of(request), now=now)
        return {**asdict(pair), "recovery_codes": codes}


class RecoveryCodes(ApiView):
    @operation(
        tag=TAG,
        summary="Ten new recovery codes",
        description="The old ones are dead.",
        body=CodeIn,
        answer=RecoveryCodesOut,
        refusals=[errors.SecondFactorInvalid, RateLimited, ServiceUnavailable],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> dict[str, Any]:
        codes = services.second_factor.new_recovery_codes(
            actor=request.user, **body, now=clock.now()
        )
        return {"recovery_codes": codes}


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
