"""The providers of WhatsApp, one shape for all.

A provider is a module named in `PROVIDERS` with `send_text(line, to, text, reference) -> str`. It
returns the provider's id of the message or raises one of `whatsapp.providers.outcomes`.
"""

from __future__ import annotations

from typing import Protocol, cast

from django.utils.module_loading import import_string

from clinics.tenancy.models import Line


class SendText(Protocol):
    def __call__(self, line: Line, *, to: str, text: str, reference: str) -> str: ...


PROVIDERS = {"meta": "whatsapp.providers.meta.send_text"}


def sender_of(line: Line) -> SendText:
    """Return how texts are sent on a line."""
    return cast(SendText, import_string(PROVIDERS[line.provider]))
