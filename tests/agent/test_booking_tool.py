"""record_patient_facts and book_appointment: the gate holds for any model."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from clinics.models import (
    Appointment,
    Guardian,
    Offer,
    Patient,
    PatientFact,
    Professional,
    Treatment,
)
from dentalogic.core import clock
from tests.agent.desk import Talk, everything, staff_books
from tests.fixtures.clinics import NOW, ONE_HOUR, make_patient, make_treatment, tomorrow

FACTS = {"full_name": "Carolina Díaz", "dni": "30.111.222", "insurance": "OSDE"}
SAID = ("Soy Carolina Díaz", "dni 30.111.222 y tengo OSDE")


def offered(talk: Talk, when: str = "mañana a la tarde", **more: Any) -> list[dict[str, Any]]:
    slots: list[dict[str, Any]] = talk.call(
        "check_availability", service="limpieza", when=when, **more
    )["slots"]
    return slots


def test_a_guest_is_held_asked_and_booked(talk: Talk) -> None:
    talk.hears("quiero una limpieza mañana a la tarde")
    slot = offered(talk)[0]
    refused = talk.call("book_appointment", slot=slot["ref"])
    assert (refused["error"], refused["missing"]) == (
        "facts_missing",
        ["full_name", "dni", "insurance"],
    )
    assert refused["held_until"] == "09:10"
    assert "alternatives" not in refused
    talk.hears(*SAID)
    recorded = talk.call("record_patient_facts", **FACTS)
    assert recorded == {
        "ok": True,
        "recorded": ["full_name", "dni", "insurance"],
        "missing": [],
        "patient": "P1",
    }
    booked = talk.call("book_appointment", slot=slot["ref"].lower())
    appointment = Appointment.objects.get()
    assert booked == {
        "ok": True,
        "status": "scheduled",
        "appointment": f"A{appointment.pk.hex[:4]}",
        "text": slot["text"],
        "service": "Limpieza dental",
        "patient": "Carolina Díaz",
    }
    assert (appointment.status, appointment.source) == ("scheduled", "agent")
    fact = PatientFact.objects.get(field="dni")
    assert (fact.value, fact.message_id) == ("30111222", talk.new[1].message_id)
    # The same offer again is the same appointment.
    before = everything()
    assert talk.call("book_appointment", slot=slot["ref"]) == booked
    assert everything() == before


@pytest.mark.parametrize(
    ("said", "values", "code", "fields"),
    [
        (("hola",), {"dni": "30111222"}, "not_in_messages", ["dni"]),
        (("hola",), FACTS, "not_in_messages", ["full_name", "dni", "insurance"]),
        (("soy Ana",), {"full_name": "Ana"}, "invalid_fact", ["full_name"]),
        (("mi dni es 123",), {"dni": "123"}, "invalid_fact", ["dni"]),
        (("dni 30111223",), {"dni": "30111222"}, "not_in_messages", ["dni"]),
        (("nací hoy",), {"birth_date": "1990-01-01"}, "not_in_messages", ["birth_date"]),
    ],
)
@pytest.mark.parametrize("for_whom", [None, "hijo"])
def test_facts_that_were_not_said(
    talk: Talk,
    said: tuple[str, ...],
    values: dict[str, str],
    code: str,
    fields: list[str],
    for_whom: str | None,
) -> None:
    before = everything()
    refused = talk.hears(*said).call("record_patient_facts", **values, for_whom=for_whom)
    assert (refused["ok"], refused["error"], refused["fields"]) == (False, code, fields)
    assert everything() == before
    assert not Guardian.objects.exists()


def test_some_facts_are_kept_when_others_are_refused(talk: Talk) -> None:
    refused = talk.hears("Soy Carolina Díaz").call("record_patient_facts", **FACTS)
    assert refused["ok"] is False
    assert refused["error"] == "not_in_messages"
    assert (refused["recorded"], refused["fields"]) == (["full_name"], ["dni", "insurance"])
    assert refused["missing"] == ["dni", "insurance"]


def test_a_fact_of_an_earlier_message_counts_with_its_source(talk: Talk) -> None:
    from agent.context import Line

    earlier = uuid.uuid4()
    talk.history.append(Line("patient", "mi DNI: 30111222", NOW, None, earlier))
    talk.history.append(Line("agent", "¿Tu DNI es 40999888?", NOW, None, uuid.uuid4()))
    talk.history.append(Line("patient", "soy Otra 41222333", NOW, None, None))
    talk.hears("dale")
    assert talk.call("record_patient_facts", dni="30111222")["ok"]
    assert PatientFact.objects.get(field="dni").message_id == earlier
    # What the assistant or nobody in particular wrote is no source.
    assert talk.call("record_patient_facts", dni="40999888")["error"] == "not_in_messages"
    assert talk.call("record_patient_facts", dni="41222333")["error"] == "not_in_messages"


@pytest.mark.parametrize("ref", ["S99", "S1", "2026-11-25T14:00", "'; DROP TABLE offers", "", "Ñ"])
def test_a_slot_that_was_not_offered_here(talk: Talk, ref: str) -> None:
    # S1 exists, in somebody else's conversation.
    other = Talk(make_patient())
    assert offered(other.hears("hola"))[0]["ref"] == "S1"
    before = everything()
    refused = talk.hears("quiero la primera").call("book_appointment", slot=ref)
    assert refused["ok"] is False
    assert refused["error"] in {"unknown_slot", "bad_arguments"}
    assert everything() == before


def test_an_offer_expires(ana_talks: Talk) -> None:
    ref = offered(ana_talks.hears("hola"))[0]["ref"]
    before = everything()
    with clock.frozen(NOW + ONE_HOUR):
        assert ana_talks.call("book_appointment", slot=ref)["error"] == "offer_expired"
    assert everything() == before


def test_a_taken_slot_brings_new_offers(
    ana_talks: Talk, ruiz: Professional, cleaning: Treatment
) -> None:
    ref = offered(ana_talks.hears("hola"))[0]["ref"]
    staff_books(make_patient("Otra Persona"), ruiz, cleaning, tomorrow(14))
    before = everything()
    refused = ana_talks.call("book_appointment", slot=ref)
    assert refused["error"] == "slot_taken"
    assert len(refused["alternatives"]) == 3
    assert set(refused["alternatives"][0]) == {
        *("ref", "kind", "professional", "date", "weekday", "time", "minutes", "text")
    }
    assert "professional_id" not in str(refused)
    assert everything() == before
    assert ana_talks.call("book_appointment", slot=refused["alternatives"][0]["ref"])["ok"]


def test_an_offer_is_used_up_when_its_appointment_was_cancelled(ana_talks: Talk) -> None:
    from clinics.services.actors import Actor
    from clinics.services.booking import cancel_appointment

    ref = offered(ana_talks.hears("hola"))[0]["ref"]
    assert ana_talks.call("book_appointment", slot=ref)["ok"]
    cancel_appointment(appointment_id=Appointment.objects.get().pk, actor=Actor.system())
    before = everything()
    assert ana_talks.call("book_appointment", slot=ref)["error"] == "offer_expired"
    assert everything() == before


def test_a_child_is_another_patient(ana_talks: Talk) -> None:
    ana = ana_talks.person
    row = Patient.objects.filter(pk=ana.pk).values().get()
    ana_talks.hears("es para mi hijo", "Tomás Pérez, dni 52333444, OSDE, mi mismo teléfono")
    ref = offered(ana_talks)[0]["ref"]
    before = everything()
    unknown = ana_talks.call("book_appointment", slot=ref, for_whom="hijo")
    assert unknown["error"] == "unknown_person"
    assert everything() == before
    recorded = ana_talks.call(
        "record_patient_facts",
        full_name="Tomás Pérez",
        dni="52333444",
        insurance="OSDE",
        phone="+5491155550002",
        for_whom="hijo",
    )
    assert recorded["patient"] == "P2"
    assert set(recorded["recorded"]) >= {"full_name", "dni", "insurance"}
    booked = ana_talks.call("book_appointment", slot=ref, for_whom="hijo")
    if booked["ok"]:
        assert booked["patient"] == "Tomás Pérez"
    tomas = Guardian.objects.get(guardian=ana).dependant
    assert (tomas.first_name, tomas.last_name, tomas.dni) == ("Tomás", "Pérez", "52333444")
    assert Patient.objects.filter(pk=ana.pk).values().get() == row


def test_a_second_child_is_not_the_first(ana_talks: Talk) -> None:
    said = [("Tomás Pérez", "52333444"), ("Juana Pérez", "53444555")]
    for minutes, (name, dni) in enumerate(said):
        ana_talks.hears(f"es para mi hijo {name}, dni {dni}")
        facts = {"full_name": name, "dni": dni}
        with clock.frozen(NOW + minutes * ONE_HOUR / 60):
            recorded = ana_talks.call("record_patient_facts", **facts, for_whom="hijo")
        assert recorded["ok"], recorded
    children = {link.dependant.first_name: link.dependant for link in Guardian.objects.all()}
    assert {name: child.dni for name, child in children.items()} == {
        "Tomás": "52333444",
        "Juana": "53444555",
    }
    # "hijo" is now the one spoken of last; a name is always that one.
    from agent.tools.people import person_for

    assert person_for(ana_talks.desk(), "mi hijo") == children["Juana"]
    assert person_for(ana_talks.desk(), "Tomás") == children["Tomás"]
    assert person_for(ana_talks.desk(), "P2") == children["Tomás"]
    assert person_for(ana_talks.desk(), "yo") == ana_talks.person


def test_a_broken_calendar_gives_requests(
    ana_talks: Talk, ruiz: Professional, settings: Any
) -> None:
    from clinics.tenancy.models import CalendarProvider, Clinic

    settings.GOOGLE_CREDENTIALS_JSON = ""
    ruiz.google_calendar_id = "ruiz@sonrisas.example"
    ruiz.save()
    Clinic.objects.filter(schema_name="alfa").update(calendar_provider=CalendarProvider.GOOGLE)
    found = ana_talks.hears("hola").call(
        "check_availability", service="limpieza", when="mañana a la tarde"
    )
    assert {slot["kind"] for slot in found["slots"]} == {"request"}
    assert "pedido" in found["note"]
    booked = ana_talks.call("book_appointment", slot=found["slots"][0]["ref"])
    assert (booked["ok"], booked["status"]) == (True, "pending_confirmation")
    assert "pedido" in booked["note"]


def test_the_offer_remembers_its_treatment(ana_talks: Talk, ruiz: Professional) -> None:
    from clinics.models import ProfessionalTreatment

    long = make_treatment("endodoncia", 90, "Tratamiento de conducto")
    ProfessionalTreatment.objects.create(professional=ruiz, treatment=long)
    ana_talks.hears("hola")
    ref = ana_talks.call(
        "check_availability", service="tratamiento de conducto", when="mañana a las 10"
    )["slots"][0]["ref"]
    assert ana_talks.call("book_appointment", slot=ref)["service"] == "Tratamiento de conducto"
    assert Appointment.objects.get().treatment == Offer.objects.get(code=ref).treatment == long
