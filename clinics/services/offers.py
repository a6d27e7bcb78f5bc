"""Offers: the times that a conversation was shown, behind short codes. Nothing else is bookable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from clinics.models import Offer, Treatment
from clinics.services.availability import Slot
from clinics.services.errors import OfferExpired, UnknownOffer
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope

# Codes go on from the last one, in the statement itself; the clinic's setting is read in it too.
_INSERT = """
WITH known AS (
    SELECT coalesce(max(substr(earlier.code, 2)::int), 0) AS last,
        (SELECT (clinic.settings ->> 'offer_minutes')::int
         FROM public.clinics clinic WHERE clinic.id = %s) AS minutes
    FROM offers earlier
    WHERE earlier.tenant_id = %s AND earlier.conversation_id = %s
)
INSERT INTO offers (id, tenant_id, conversation_id, code, kind, professional_id, treatment_id,
                    chair_id, starts_at, ends_at, urgent, expires_at, created_at)
SELECT wanted.id::uuid, %s, %s, 'S' || (known.last + wanted.position), wanted.kind,
    wanted.professional_id::uuid, %s, wanted.chair_id::uuid, wanted.starts_at::timestamptz,
    wanted.ends_at::timestamptz, wanted.urgent,
    %s + make_interval(mins => coalesce(known.minutes, %s)), %s
FROM known, (VALUES {rows})
    AS wanted (position, id, kind, professional_id, chair_id, starts_at, ends_at, urgent)
RETURNING id, code, expires_at
"""
_ROW = "(%s::int, %s, %s, %s, %s::text, %s, %s, %s::boolean)"
DEFAULT_MINUTES = ClinicSettings().offer_minutes


def make_offers(
    *, conversation_id: UUID, treatment: Treatment, slots: Sequence[Slot]
) -> list[Offer]:
    """Write down what is about to be offered, one code each, in the order given."""
    if not slots:
        return []
    scope = current_scope()
    now = clock.now()
    offers = [
        Offer(
            id=uuid4(),
            tenant_id=scope.tenant_id,
            conversation_id=conversation_id,
            kind=slot.kind,
            professional_id=slot.professional_id,
            treatment=treatment,
            chair_id=slot.chair_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            urgent=slot.urgent,
            expires_at=now + timedelta(minutes=DEFAULT_MINUTES),
            created_at=now,
        )
        for slot in slots
    ]
    values: list[Any] = [scope.tenant_id, scope.tenant_id, conversation_id, scope.tenant_id]
    values += [conversation_id, treatment.pk, now, DEFAULT_MINUTES, now]
    for position, offer in enumerate(offers, start=1):
        values += [position, offer.id, offer.kind, offer.professional_id, offer.chair_id]
        values += [offer.starts_at, offer.ends_at, offer.urgent]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=", ".join([_ROW] * len(offers))), values)
        written = {row[0]: row[1:] for row in cursor.fetchall()}
    for offer in offers:
        offer.code, offer.expires_at = written[offer.id]
        offer._state.adding = False
        offer._state.db = "default"
    return offers


def find_offer(*, conversation_id: UUID, code: str) -> Offer:
    """Return what a code stands for in this conversation.

    Raises `UnknownOffer` for a code that was never handed out here, `OfferExpired` for an old one.
    """
    offer = (
        Offer.objects.select_related("treatment", "professional")
        .filter(conversation_id=conversation_id, code=code.strip().upper())
        .first()
    )
    if offer is None:
        raise UnknownOffer
    if offer.expires_at <= clock.now():
        raise OfferExpired
    return offer
