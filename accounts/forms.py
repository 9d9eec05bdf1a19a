"""The forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Address, DeliveryPreference
from core.errors import DomainError
from core.numbers import WholeNumberField
from core.phones import validate_phone
from core.text import validate_text

NOT_TYPED = _("Please fill this in.")


def words(max_length: int, label: Any, *, required: bool = True, **attrs: str) -> forms.CharField:
    """A line of text that people type."""
    return forms.CharField(
        max_length=max_length,
        label=label,
        required=required,
        validators=[validate_text],
        error_messages={"required": NOT_TYPED},
        widget=forms.TextInput(attrs=attrs),
    )


def email() -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={"required": NOT_TYPED, "invalid": _("This is not an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "dir": "ltr"}),
    )


def password(label: Any, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1000,
        error_messages={"required": NOT_TYPED},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "dir": "ltr"}),
    )


PHONE_PATTERN = r"[0-9+\(\) \-]{9,30}"
"""For the browser, which takes a message away on it; the service judges."""


class LoginForm(forms.Form):
    email = email()
    password = password(_("Password"), "current-password")


class RegisterForm(forms.Form):
    full_name = words(120, _("Full name"), autocomplete="name", dir="auto")
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        validators=[validate_text, validate_phone],
        widget=forms.TextInput(
            attrs={
                "type": "tel",
                "autocomplete": "tel",
                "inputmode": "tel",
                "dir": "ltr",
                "pattern": PHONE_PATTERN,
            }
        ),
    )
    email = email()
    password = password(_("Password"), "new-password")


class ProfileForm(forms.Form):
    full_name = words(120, _("Full name"), autocomplete="name", dir="auto")
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        validators=[validate_text, validate_phone],
        widget=forms.TextInput(
            attrs={
                "type": "tel",
                "autocomplete": "tel",
                "inputmode": "tel",
                "dir": "ltr",
                "pattern": PHONE_PATTERN,
            }
        ),
    )
    language = forms.ChoiceField(
        label=_("Language of pages and messages"), choices=[("he", "עברית"), ("en", "English")]
    )
    delivery_preference = forms.ChoiceField(
        label=_("At the door"), choices=DeliveryPreference.choices, required=False
    )
    delivery_note = words(200, _("Note for the courier"), required=False, dir="auto")

    def clean_delivery_preference(self) -> str:
        return str(self.cleaned_data["delivery_preference"]) or DeliveryPreference.HAND_OVER


class PasswordForm(forms.Form):
    current_password = password(_("Password now"), "current-password")
    new_password = password(_("New password"), "new-password")


class OnceInput(forms.TextInput):
    """A code that was refused is of no use: the next one is typed into an empty field."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


def code() -> forms.CharField:
    """Six digits of an app, or a recovery code."""
    return forms.CharField(
        label=_("Code"),
        max_length=20,
        error_messages={"required": NOT_TYPED},
        widget=OnceInput(
            attrs={"autocomplete": "one-time-code", "dir": "ltr", "autocapitalize": "none"}
        ),
    )


class CodeForm(forms.Form):
    code = code()


class EmailChangeForm(forms.Form):
    new_email = email()
    current_password = password(_("Password now"), "current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_email"].label = _("New e-mail")


class PhoneCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        error_messages={"required": NOT_TYPED},
        widget=OnceInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}
        ),
    )


class CurrentPasswordForm(forms.Form):
    current_password = password(_("Password now"), "current-password")


class PasswordAndCodeForm(forms.Form):
    current_password = password(_("Password now"), "current-password")
    code = code()


class ForgotForm(forms.Form):
    email = email()


class ResetForm(forms.Form):
    new_password = password(_("New password"), "new-password")


REST = ("postal_code", "label", "instructions")
"""Of an address, what a page may fold away."""


class AddressForm(forms.ModelForm):
    """An address as people type it; the street and the city are needed, the rest helps."""

    locality_code = WholeNumberField(min_value=1, max_value=2**31 - 1, required=False)
    city_confirmed = forms.BooleanField(required=False)
    suggestions: list[dict[str, Any]] = []
    """Places with names like the one that nobody knows, to choose from."""

    class Meta:
        model = Address
        fields = [
            "label", "line1", "city", "postal_code", "floor", "door_code", "instructions",
        ]  # fmt: skip
        labels = {
            "label": _("Name of the place"),
            "line1": _("Street and number"),
            "city": _("City"),
            "postal_code": _("Postal code"),
            "floor": _("Floor"),
            "door_code": _("Door code"),
            "instructions": _("For the driver"),
        }
        error_messages = {
            "line1": {"required": _("Please give the street and the house number.")},
            "city": {"required": _("Please give the city.")},
        }
        widgets = {
            "label": forms.TextInput(attrs={"dir": "auto"}),
            "line1": forms.TextInput(attrs={"autocomplete": "address-line1", "dir": "auto"}),
            "city": forms.TextInput(
                attrs={
                    "autocomplete": "address-level2",
                    "dir": "auto",
                    "list": "served-places",
                    "data-places": reverse_lazy("api:localities"),
                }
            ),
            "postal_code": forms.TextInput(
                attrs={"autocomplete": "postal-code", "inputmode": "numeric", "dir": "ltr"}
            ),
            "floor": forms.TextInput(attrs={"dir": "auto"}),
            "door_code": forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
            "instructions": forms.TextInput(attrs={"dir": "auto"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.Meta.fields:
            self.fields[name].validators.append(validate_text)

    @classmethod
    def where_asked(
        cls, data: Any, *, is_asked: bool, initial: dict[str, Any] | None = None
    ) -> AddressForm:
        """Part of a larger form: judged where a new address is asked for, else only kept as typed.

        What nobody asked for has no mistakes: its fold would open with all of them.
        """
        if data is None or is_asked:
            return cls(data, initial=initial)
        typed = {name: data[name] for name in cls.base_fields if name in data}
        return cls(initial={**(initial or {}), **typed})

    @property
    def has_rest(self) -> bool:
        """Whether there is something to see, or to mend, in what seldom anybody fills in."""
        return any(self[name].value() or self[name].errors for name in REST)

    def suggest(self, refusal: DomainError) -> None:
        """Offer the places that a refusal of the city names."""
        self.suggestions = list(refusal.details.get("suggestions", []))

    def values(self) -> dict[str, Any]:
        """What is saved; a place chosen from the list is called as the list has it."""
        data = dict(self.cleaned_data)
        if data["locality_code"] is not None:
            data["city"] = ""
        return data
