"""Telephone numbers in one form, E.164, whatever way they are dialled or delivered."""

from __future__ import annotations

import phonenumbers

ARGENTINA = 54
_MOBILE_DIGITS = 10


def e164(text: str, *, country: str = "AR") -> str | None:
    """Return the number in E.164, or None if it can't be one.

    An Argentine mobile is written `+54 9 …` abroad, `… 15 …` at home, and without either in
    conversation: all become `+549…`, which is what a message can be sent to.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code == ARGENTINA:
        national = str(number.national_number)
        if len(national) == _MOBILE_DIGITS:
            number.national_number = int(f"9{national}")
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def from_channel(raw: str) -> str | None:
    """Return the E.164 of an id that a provider writes as country code and number, no plus."""
    digits = raw.removeprefix("+")
    return e164(f"+{digits}") if digits.isdigit() else None
