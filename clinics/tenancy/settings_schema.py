"""The settings of a clinic: one validated shape, stored as JSONB in `clinics.settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ClinicSettings(BaseModel):
    """What a clinic decides for itself. Unknown names are an error, absent ones their default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    granularity_minutes: Annotated[int, Field(ge=5, le=60)] = 15
    minimum_notice_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 60
    horizon_days: Annotated[int, Field(ge=1, le=366)] = 90
    hold_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    offer_minutes: Annotated[int, Field(ge=5, le=24 * 60)] = 60
    urgent_minutes_per_day: Annotated[int, Field(ge=0, le=480)] = 60
    buffer_before_minutes: Annotated[int, Field(ge=0, le=120)] = 0
    buffer_after_minutes: Annotated[int, Field(ge=0, le=120)] = 0
    holidays: bool = True  # public holidays of the country close the clinic
    quiet_seconds: Annotated[float, Field(ge=0, le=60)] | None = None
    max_wait_seconds: Annotated[float, Field(ge=0, le=300)] | None = None
    silence_hours: Annotated[int, Field(ge=1, le=24 * 7)] = 24
    google_budget_seconds: Annotated[float, Field(ge=0.1, le=10)] = 2.5
    google_delayed_minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 15
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "ARS"
    # How the agent speaks; "" as its rules say.
    tone: Literal["", "close", "formal", "brief"] = ""
    recall_months: Annotated[int, Field(ge=1, le=120)] = 6  # without a visit, and called again
    agent_instructions: Annotated[str, Field(max_length=4000)] = ""
    # How long what is kept. The least is the law's where there is one: docs/privacy.md.
    keep_records_years: Annotated[int, Field(ge=10, le=100)] = 10
    keep_audit_years: Annotated[int, Field(ge=10, le=100)] = 10
    keep_messages_days: Annotated[int, Field(ge=30, le=36500)] = 730
    keep_turns_days: Annotated[int, Field(ge=7, le=3650)] = 180
    keep_inbox_days: Annotated[int, Field(ge=7, le=365)] = 30
    keep_guests_days: Annotated[int, Field(ge=30, le=3650)] = 365
