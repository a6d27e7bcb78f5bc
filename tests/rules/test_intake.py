"""Who writes, what is recorded of them, and the gate that they pass."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from clinics.models import (
    ChannelIdentity,
    Event,
    Guardian,
    Insurer,
    Patient,
    PatientFact,
    Professional,
    Treatment,
)
from clinics.services import booking
from clinics.services.actors import Actor
from clinics.services.availability import find_slots
from clinics.services.errors import OfferExpired, UnknownOffer
from clinics.services.intake import (
    Said,
    appointments_of,
    dependants_of,
    find_offer,
    find_or_create_dependant,
    identify_sender,
    make_offers,
    missing_facts,
    record_facts,
)
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from tests.fixtures.clinics import NOW, make_patient, tomorrow
from tests.rules.untouched import nothing_happens

TALK = uuid.UUID(int=8)
ALL_SAID = "Soy Ana María Pérez, DNI 30.111.222, tengo OSDE"
ALL_VALUES = {"full_name": "Ana María Pérez", "dni": "30111222", "insurance": "osde"}


def sender(raw_id: str = "5491155550002", **given: Any) -> ChannelIdentity:
    return identify_sender(
        **({"raw_id": raw_id, "phone": raw_id, "send_to": raw_id, "profile_name": "Anita"} | given)
    )


def said(*texts: str) -> list[Said]:
    return [Said(uuid.uuid4(), text) for text in texts]


@pytest.mark.usefixtures("in_alfa")
class TestSenders:
    def test_a_stranger_becomes_a_guest_without_facts(self) -> None:
        identity = sender()
        assert identity.phone == "+5491155550002"
        assert (identity.patient.status, identity.patient.first_name) == ("guest", "")
        assert not PatientFact.objects.exists()
        # The number that writes is known; the profile's name is not a name.
        assert missing_facts(identity.patient) == ["full_name", "dni", "insurance"]

    def test_the_same_sender_is_made_once(self) -> None:
        assert sender().pk == sender(profile_name="Ana P.").pk
        assert ChannelIdentity.objects.get().profile_name == "Ana P."

    @pytest.mark.parametrize("other", ["541155550002", "54111555550002"])
    def test_the_forms_of_a_mobile_meet_in_one_patient(self, other: str) -> None:
        assert sender().patient_id == sender(other).patient_id
        assert Patient.objects.count() == 1

    def test_a_patient_alone_with_a_phone_is_taken_for_the_writer(self) -> None:
        ana = make_patient()
        assert sender().patient_id == ana.pk
        assert missing_facts(ana) == []

    def test_a_phone_of_two_patients_is_nobodys(self) -> None:
        family = {make_patient().pk, make_patient("Tomás Pérez", dni="50111222").pk}
        assert sender().patient_id not in family

    def test_without_a_phone_the_phone_is_missing(self) -> None:
        identity = identify_sender(raw_id="bs-1", phone=None, send_to="bs-1", bsuid="bs-1")
        assert missing_facts(identity.patient) == ["full_name", "dni", "insurance", "phone"]

    def test_one_business_scoped_id_is_one_person(self) -> None:
        first = sender(bsuid="bs-1")
        later = identify_sender(raw_id="bs-1", phone=None, send_to="bs-1", bsuid="bs-1")
        assert later.patient_id == first.patient_id

    def test_the_writers_number_is_a_fact_of_the_channel(self) -> None:
        identity = identify_sender(
            raw_id="5491155550002",
            phone="5491155550002",
            send_to="5491155550002",
            conversation_hint=TALK,
        )
        fact = PatientFact.objects.get()
        assert (fact.patient_id, fact.field, fact.source) == (
            identity.patient_id,
            "phone",
            "channel",
        )


@pytest.mark.usefixtures("osde")
class TestFacts:
    def test_facts_are_recorded_with_their_words(self) -> None:
        guest = sender().patient
        words = said("hola", ALL_SAID)
        done = record_facts(patient=guest, conversation_id=TALK, values=ALL_VALUES, said=words)
        assert (done.recorded, done.refused, done.missing) == (list(ALL_VALUES), {}, [])
        fact = PatientFact.objects.get(field="dni")
        assert (fact.value, fact.message_id, fact.quoted_text, fact.source) == (
            "30111222",
            words[1].message_id,
            ALL_SAID,
            "message",
        )
        assert (guest.first_name, guest.last_name, guest.dni) == ("Ana María", "Pérez", "30111222")
        assert guest.insurer == Insurer.objects.get()
        assert guest.status == "guest"
        event = Event.objects.get()
        assert event.type == "PATIENT_UPDATED"
        assert "30111222" not in str(event.data)

    def test_what_was_not_said_is_refused_and_changes_nothing(self) -> None:
        guest = sender().patient
        record_facts(patient=guest, conversation_id=TALK, values={}, said=said("hola"))
        with nothing_happens():
            done = record_facts(
                patient=guest, conversation_id=TALK, values=ALL_VALUES, said=said("hola")
            )
        assert done.recorded == []
        assert done.refused == dict.fromkeys(ALL_VALUES, "not_in_messages")
        assert done.missing == ["full_name", "dni", "insurance"]

    def test_what_can_not_be_is_invalid(self) -> None:
        guest = sender().patient
        done = record_facts(
            patient=guest, conversation_id=TALK, values={"dni": "12"}, said=said("12")
        )
        assert done.refused == {"dni": "invalid_fact"}

    def test_saying_it_again_changes_nothing(self) -> None:
        guest = sender().patient
        record_facts(patient=guest, conversation_id=TALK, values=ALL_VALUES, said=said(ALL_SAID))
        with nothing_happens():
            again = record_facts(
                patient=guest, conversation_id=TALK, values=ALL_VALUES, said=said(ALL_SAID)
            )
        assert again.recorded == list(ALL_VALUES)

    def test_a_correction_supersedes(self) -> None:
        guest = sender().patient
        for dni in ("30111222", "30111223"):
            record_facts(
                patient=guest, conversation_id=TALK, values={"dni": dni}, said=said(f"dni {dni}")
            )
        facts = PatientFact.objects.filter(field="dni").order_by("created_at", "superseded_at")
        assert {(f.value, f.superseded_at is None) for f in facts} == {
            ("30111222", False),
            ("30111223", True),
        }
        assert guest.dni == "30111223"

    def test_a_known_dni_flags_a_duplicate_and_discloses_nothing(self) -> None:
        known = make_patient("Otra Persona", phone="+5491155559999")
        guest = sender().patient
        done = record_facts(
            patient=guest, conversation_id=TALK, values=ALL_VALUES, said=said(ALL_SAID)
        )
        assert guest.possible_duplicate_of_id == known.pk
        assert guest.first_name == "Ana María"
        assert done.missing == []

    def test_staffs_columns_stay_theirs(self) -> None:
        ana = make_patient()
        record_facts(
            patient=ana,
            conversation_id=TALK,
            values={"dni": "30999888", "insurance": "particular"},
            said=said("mi dni es 30999888 y no tengo obra social"),
        )
        assert (ana.dni, ana.insurance) == ("30111222", "PARTICULAR")


class TestDependants:
    def test_a_mother_books_for_her_son(
        self, osde: Insurer, ruiz: Professional, cleaning: Treatment
    ) -> None:
        mother = sender().patient
        son = find_or_create_dependant(guardian=mother, relation="hijo", conversation_id=TALK)
        # The number that writes reaches the child too; another one may be given.
        assert missing_facts(son) == ["full_name", "dni", "insurance"]
        done = record_facts(
            patient=son,
            conversation_id=TALK,
            values={
                "full_name": "Tomás Pérez",
                "dni": "50111222",
                "insurance": "OSDE",
            },
            said=said("mi hijo Tomás Pérez, 50111222, osde"),
        )
        assert done.missing == []
        phone = son.facts.get(field="phone", superseded_at=None)
        assert (phone.source, phone.value) == ("channel", "+5491155550002")
        booked = booking.book_appointment(
            patient=son,
            professional_id=ruiz.pk,
            treatment=cleaning,
            starts_at=tomorrow(10),
            actor=Actor.patient(TALK),
            source="agent",
        )
        son.refresh_from_db()
        mother.refresh_from_db()
        assert (son.status, mother.status) == ("active", "guest")
        assert [row.pk for row in appointments_of(mother)] == [booked.pk]
        assert appointments_of(mother, include_dependants=False) == []
        assert appointments_of(make_patient(dni="1234567", phone="+5491155550077")) == []

    def test_the_same_child_is_found_by_relation_or_name(self, in_alfa: Clinic) -> None:
        mother = sender().patient
        son = find_or_create_dependant(guardian=mother, relation="Hijo", conversation_id=TALK)
        Patient.objects.filter(pk=son.pk).update(first_name="Tomás")
        for called in ("hijo", "tomas"):
            again = find_or_create_dependant(guardian=mother, relation=called, conversation_id=TALK)
            assert again.pk == son.pk
        find_or_create_dependant(guardian=mother, relation="hija", conversation_id=TALK)
        assert len(dependants_of(mother)) == Guardian.objects.count() == 2


class TestOffers:
    def test_codes_go_on_and_stay_in_their_conversation(
        self, ruiz: Professional, cleaning: Treatment
    ) -> None:
        slots = find_slots(treatment=cleaning, window=(tomorrow(9), tomorrow(18)), limit=3).slots
        first = make_offers(conversation_id=TALK, treatment=cleaning, slots=slots)
        more = make_offers(conversation_id=TALK, treatment=cleaning, slots=slots[:1])
        assert [o.code for o in first + more] == ["S1", "S2", "S3", "S4"]
        found = find_offer(conversation_id=TALK, code="s2")
        assert (found.starts_at, found.expires_at) == (
            slots[1].starts_at,
            NOW + timedelta(minutes=60),
        )
        other = uuid.uuid4()
        assert make_offers(conversation_id=other, treatment=cleaning, slots=slots)[0].code == "S1"
        with pytest.raises(UnknownOffer):
            find_offer(conversation_id=TALK, code="S9")
        with clock.frozen(NOW + timedelta(minutes=60)), pytest.raises(OfferExpired):
            find_offer(conversation_id=TALK, code="S2")

    def test_the_clinic_says_how_long(
        self, ruiz: Professional, cleaning: Treatment, in_alfa: Clinic
    ) -> None:
        in_alfa.settings = {"offer_minutes": 30}
        in_alfa.save()
        slots = find_slots(treatment=cleaning, window=(tomorrow(9), tomorrow(18)), limit=1).slots
        offer = make_offers(conversation_id=TALK, treatment=cleaning, slots=slots)[0]
        assert offer.expires_at == NOW + timedelta(minutes=30)
