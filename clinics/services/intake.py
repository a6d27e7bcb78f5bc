"""The intake as its callers see it: who writes, what they said, what they were offered."""

from __future__ import annotations

from clinics.services.facts import FactsRecorded, missing_facts, record_facts
from clinics.services.identities import (
    appointments_of,
    dependants_of,
    find_or_create_dependant,
    identify_sender,
)
from clinics.services.offers import find_offer, make_offers
from clinics.services.saying import Said

__all__ = [
    "FactsRecorded",
    "Said",
    "appointments_of",
    "dependants_of",
    "find_offer",
    "find_or_create_dependant",
    "identify_sender",
    "make_offers",
    "missing_facts",
    "record_facts",
]
