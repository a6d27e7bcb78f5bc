"""A rotation of the encryption key, by the command of the docs."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from clinics.tenancy.models import Clinic, Line
from dentalogic.core.encryption import UnreadableValue
from dentalogic.core.tenancy import no_scope
from scripts.tools import CHECKOUT

pytestmark = pytest.mark.django_db
SECRET = "a-line-of-its-own"


def documented() -> str:
    lines = (CHECKOUT / "docs" / "operations.md").read_text().splitlines()
    [found] = [line for line in lines if "manage.py shell -c" in line]
    return found.partition('"')[2].rstrip('"')


def test_the_old_key_is_not_needed_after_it(alfa: Clinic, settings: Any) -> None:
    old, new = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
    with no_scope():
        settings.FIELD_ENCRYPTION_KEYS = [old]
        for line in Line.objects.all():
            line.app_secret = SECRET
            line.save()
        settings.FIELD_ENCRYPTION_KEYS = [new, old]
        assert {line.app_secret for line in Line.objects.all()} == {SECRET}
        exec(documented(), {})  # noqa: S102  # the operator's own line
        settings.FIELD_ENCRYPTION_KEYS = [new]
        assert {line.app_secret for line in Line.objects.all()} == {SECRET}
        settings.FIELD_ENCRYPTION_KEYS = [old]
        with pytest.raises(UnreadableValue):
            list(Line.objects.all())
