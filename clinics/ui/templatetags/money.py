"""Amounts as people here write them."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()
_SWAPPED = str.maketrans(",.", ".,")


@register.filter
def money(amount: Decimal | None) -> str:
    """Write `1.500,50`; nothing for no amount. Django's Spanish parts thousands by a space."""
    return "" if amount is None else f"{amount:,.2f}".translate(_SWAPPED)
