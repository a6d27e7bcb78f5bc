"""Fields of requests: what is not in their range never reaches a service or a column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from rest_framework import serializers

EARLIEST, LATEST = 2000, 2100


class MomentField(serializers.DateTimeField):
    """RFC 3339 with an offset; answered with the offset of the clinic."""

    default_error_messages = {
        "naive": "Falta el huso horario (por ejemplo -03:00).",
        "range": f"Debe estar entre los años {EARLIEST} y {LATEST}.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss±hh:mm")
        try:
            moment = datetime.fromisoformat(value.strip().replace(" ", "+"))
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss±hh:mm")
        if moment.tzinfo is None:
            self.fail("naive")
        if not EARLIEST <= moment.year < LATEST:
            self.fail("range")
        return moment.astimezone(UTC)


class DayField(serializers.DateField):
    """A calendar day, `YYYY-MM-DD`."""

    default_error_messages = {"range": f"Debe estar entre los años 1900 y {LATEST}."}

    def to_internal_value(self, value: Any) -> date:
        day: date = super().to_internal_value(value)
        if not 1900 <= day.year < LATEST:  # noqa: PLR2004  # nobody alive was born before
            self.fail("range")
        return day


class VersionField(serializers.IntegerField):
    """The version of the row that the change is meant for."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, **kwargs)
