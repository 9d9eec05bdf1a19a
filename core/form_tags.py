"""Tags of every template: `{% csrf_token %}` writes whom a form is made for, too."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from core.kept_forms import FIELD

register = template.Library()


class _FormHead(CsrfTokenNode):
    """The hidden fields that every form begins with."""

    def render(self, context: Any) -> str:
        token = super().render(context)
        mark = str(context.get(FIELD, ""))
        if not mark or not token:
            return token
        return token + format_html('<input type="hidden" name="{}" value="{}">', FIELD, mark)


@register.tag
def csrf_token(parser: Parser, token: Token) -> CsrfTokenNode:
    """Django's token, and the mark that lets a form that comes too late be given back."""
    return _FormHead()
