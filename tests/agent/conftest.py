"""A clinic with one professional, and a person who writes to it."""

from __future__ import annotations

import pytest

from clinics.models import ChannelIdentity, Insurer, Patient, Professional, Treatment
from tests.agent.desk import Talk


@pytest.fixture
def guest(in_alfa: object) -> Patient:
    """Somebody unknown who writes from a phone."""
    patient = Patient.objects.create(phone="+5491155550001")
    ChannelIdentity.objects.create(
        patient=patient, raw_id="5491155550001", phone="+5491155550001", send_to="541155550001"
    )
    return patient


@pytest.fixture
def talk(guest: Patient, ruiz: Professional, cleaning: Treatment, osde: Insurer) -> Talk:
    """The guest's conversation with a clinic where Ruiz does cleanings."""
    return Talk(guest)


@pytest.fixture
def ana_talks(ana: Patient, ruiz: Professional, cleaning: Treatment, osde: Insurer) -> Talk:
    """Ana is a patient."""
    return Talk(ana)
