"""Proving mailbox and phone, changing the address, agreeing to offers, leaving, in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from rest_framework.request import Request

from accounts import errors, selectors, services
from accounts.authentication import StaleTokenAllowed
from accounts.data_copy import data_copy
from accounts.export_models import DataExport
from accounts.models import Consent
from accounts.serializers import (
    ConsentIn,
    ConsentOut,
    CurrentPasswordIn,
    EmailChangeIn,
    ExportOut,
    MailTokenIn,
    PhoneCodeIn,
)
from api.operations import WithStatus, operation
from api.views import ApiView
from core import clock
from core.errors import Busy, NotFound, ServiceUnavailable, TokenInvalid
from core.limits import RateLimited
from core.typed_requests import PersonApiRequest

TAG = "Accounts"


class VerifyMyEmail(ApiView):
    @operation(
        tag=TAG,
        summary="Send the link that proves my address again",
        description="204, and no mail, where it is verified already.",
        status=202,
        also={204: "It is verified already."},
        refusals=[RateLimited, Busy],
    )
    def post(self, request: PersonApiRequest) -> WithStatus:
        sent = services.verify_again(actor=request.user, now=clock.now())
        return WithStatus(None, 202 if sent else 204)


class VerifyEmail(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Prove an address with the token of a link",
        body=MailTokenIn,
        status=204,
        refusals=[errors.VerifyTokenInvalid, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        services.verify_email(**body, now=clock.now())


class MyEmail(ApiView):
    @operation(
        tag=TAG,
        summary="Ask for another address to sign in with",
        description="Nothing changes before the link in the mail to the new address is used.",
        body=EmailChangeIn,
        status=202,
        refusals=[
            errors.InvalidCredentials, errors.EmailTaken, RateLimited, ServiceUnavailable, Busy,
        ],
    )  # fmt: skip
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.ask_email_change(actor=request.user, **body, now=clock.now())

    @operation(tag=TAG, summary="Withdraw the change of my address", status=204, refusals=[Busy])
    def delete(self, request: PersonApiRequest) -> None:
        services.withdraw_email_change(actor=request.user, now=clock.now())


class ConfirmEmail(ApiView):
    authentication_classes = [StaleTokenAllowed]

    @operation(
        tag=TAG,
        summary="Sign in with the new address from now on",
        description="Every sign-in ends. The old address can take it back for 7 days.",
        body=MailTokenIn,
        status=204,
        refusals=[errors.VerifyTokenInvalid, errors.EmailTaken, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        services.confirm_email(**body, now=clock.now())


class MyPhoneCode(ApiView):
    @operation(
        tag=TAG,
        summary="Send a code to my phone",
        description="Six digits, good for 10 minutes and 5 tries.",
        status=202,
        refusals=[errors.PhoneRequired, RateLimited, Busy],
    )
    def post(self, request: PersonApiRequest) -> None:
        services.send_phone_code(actor=request.user, now=clock.now())


class VerifyMyPhone(ApiView):
    @operation(
        tag=TAG,
        summary="Prove my phone with the code",
        body=PhoneCodeIn,
        status=204,
        refusals=[errors.CodeInvalid, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.verify_phone(actor=request.user, **body, now=clock.now())


class Consents(ApiView):
    @operation(
        tag=TAG,
        summary="What I agreed to or withdrew",
        description="The newest of each kind.",
        answer=ConsentOut,
        many=True,
    )
    def get(self, request: PersonApiRequest) -> list[Consent]:
        return selectors.consents_of(actor=request.user)


class ConsentDetail(ApiView):
    @operation(
        tag=TAG,
        summary="Agree to offers, or withdraw it",
        description="Kinds are MARKETING_EMAIL and MARKETING_SMS.",
        body=ConsentIn,
        answer=ConsentOut,
        refusals=[NotFound, errors.EmailNotVerified, errors.PhoneNotVerified, Busy],
    )
    def put(self, request: PersonApiRequest, body: dict[str, Any], kind: str) -> Consent:
        return services.set_consent(
            actor=request.user, kind=kind, **body, now=clock.now(), face="API"
        )


class Export(ApiView):
    @operation(
        tag=TAG,
        summary="Have a copy made of all you hold about me",
        description="One that is on its way, or ready for less than a day, is that one.",
        body=CurrentPasswordIn,
        status=202,
        refusals=[errors.InvalidCredentials, RateLimited, ServiceUnavailable, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.ask_export(actor=request.user, **body, now=clock.now())

    @operation(tag=TAG, summary="How the copy gets on", answer=ExportOut)
    def get(self, request: PersonApiRequest) -> DataExport | None:
        return services.export_of(actor=request.user)


class ExportFile(ApiView):
    @operation(
        tag=TAG,
        summary="The copy itself",
        description="Kept for 7 days.",
        media_type="application/zip",
        refusals=[NotFound],
    )
    def get(self, request: PersonApiRequest) -> FileResponse:
        return data_copy(actor=request.user)


class Erase(ApiView):
    @operation(
        tag=TAG,
        summary="Erase my account",
        description="At once and for good; invoices stay for seven years.",
        body=CurrentPasswordIn,
        status=204,
        refusals=[
            errors.InvalidCredentials, errors.OpenOrders, TokenInvalid, RateLimited,
            ServiceUnavailable, Busy,
        ],
    )  # fmt: skip
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> None:
        services.erase_account(actor=request.user, **body, now=clock.now())
