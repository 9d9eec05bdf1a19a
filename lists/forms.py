"""What the forms of lists may carry."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.numbers import WholeNumberField
from core.text import TextField
from lists.models import NAME_LENGTH


class NameForm(forms.Form):
    """How a list is called; the service says what may stand in it."""

    name = TextField(label=_("Name of the list"), max_length=10 * NAME_LENGTH, required=False)


class ChooseForm(forms.Form):
    """One of the lists, or the name of a new one."""

    list = WholeNumberField(required=False, min_value=1, max_value=2**62)
    name = TextField(max_length=10 * NAME_LENGTH, required=False)
