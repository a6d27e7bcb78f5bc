"""Who an appointment is for, and what is known of them."""

from __future__ import annotations

from typing import Annotated

from django.db import transaction
from pydantic import Field

from agent import wording
from agent.tools.calling import Desk, Outcome, Refusal, ToolArgs, Words, tool
from clinics.models import Guardian, Patient, PatientFact
from clinics.services.intake import (
    FactsRecorded,
    Said,
    dependants_of,
    find_or_create_dependant,
    record_facts,
)
from dentalogic.core.names import name_key

_SELF = frozenset(
    {"", "self", "yo", "mi", "para mi", "mi mismo", "mi misma", "yo mismo", "yo misma", "me"}
    | {"paciente", "el paciente", "la paciente", "null", "none", "titular", "p1"}
)

_SMALL = frozenset({"mi", "mis", "el", "la", "los", "las", "para", "de", "a", "un", "una", "su"})
MOST_DEPENDANTS = 12


class RecordPatientFacts(ToolArgs):
    """Registrar datos que el paciente escribió en esta conversación, tal como los escribió. Lo que
    no esté en sus mensajes se rechaza: no completes ni adivines."""

    full_name: Annotated[Words | None, Field(description="Nombre y apellido.")] = None
    dni: Annotated[Words | None, Field(description="Número de documento.")] = None
    insurance: Annotated[
        Words | None, Field(description="Obra social o prepaga; «particular» si no tiene.")
    ] = None
    phone: Annotated[Words | None, Field(description="Teléfono.")] = None
    birth_date: Annotated[Words | None, Field(description="Fecha de nacimiento.")] = None
    for_whom: Annotated[
        Words | None,
        Field(
            description="null si los datos son de quien escribe; si no, el vínculo o el nombre de"
            " esa persona (hijo, Tomás)."
        ),
    ] = None


@tool(RecordPatientFacts)
def record_patient_facts(desk: Desk, args: RecordPatientFacts) -> Outcome:
    given = args.model_dump(exclude={"for_whom"}, exclude_none=True)
    values = {field: value for field, value in given.items() if value}
    if not values:
        raise Refusal("bad_arguments", "No mandaste ningún dato.", fields=[])
    with transaction.atomic():
        patient = _person_to_describe(desk, args)
        done = record_facts(
            patient=patient,
            conversation_id=desk.context.conversation_id,
            values=values,
            said=said(desk),
        )
        result: Outcome = {"recorded": list(done.recorded), "missing": list(done.missing)}
        if not done.recorded:
            # Rolled back: somebody of whom nothing is known must not come to exist.
            raise _refusal(done, result)
    if done.refused:
        raise _refusal(done, result)
    return result | {"patient": label(desk, patient)}


def _refusal(done: FactsRecorded, result: Outcome) -> Refusal:
    codes = set(done.refused.values())
    code = "not_in_messages" if "not_in_messages" in codes else "invalid_fact"
    fields = list(done.refused)
    asked = wording.facts_words(fields)
    message = (
        f"El paciente no escribió esto: {asked}. Pedíselo."
        if code == "not_in_messages"
        else f"No parece un dato válido: {asked}. Pedíselo de nuevo."
    )
    return Refusal(code, message, fields=fields, **result)


def said(desk: Desk) -> list[Said]:
    """Return everything the patient wrote here that can be quoted, oldest first."""
    context = desk.context
    earlier = [
        Said(message_id=line.message_id, text=line.text)
        for line in context.history
        if line.author == "patient" and line.message_id is not None
    ]
    return earlier + [Said(message_id=one.message_id, text=one.text) for one in context.new]


def person_for(desk: Desk, for_whom: str | None) -> Patient:
    """Return who an appointment is for: the person who writes, or a dependant that is known."""
    if is_self(for_whom):
        return desk.context.person
    found = _one_of(desk, _dependants_called(desk, for_whom or ""))
    if found is None:
        raise Refusal(
            "unknown_person",
            "Primero registrá los datos de esa persona con record_patient_facts y for_whom.",
        )
    return found


def is_self(for_whom: str | None) -> bool:
    return for_whom is None or name_key(for_whom) in _SELF


def label(desk: Desk, patient: Patient) -> str:
    """Return a short name for a person: P1 is who writes, then their dependants in order."""
    if patient.pk == desk.context.person.pk:
        return "P1"
    ids = [one.pk for one in dependants_of(desk.context.person)]
    return f"P{ids.index(patient.pk) + 2}" if patient.pk in ids else "P"


def _person_to_describe(desk: Desk, args: RecordPatientFacts) -> Patient:
    if is_self(args.for_whom):
        return desk.context.person
    called = _dependants_called(desk, args.for_whom or "")
    same = [one for one in called if _may_be(one, args.full_name)]
    found = _one_of(desk, same)
    if found is not None:
        return found
    if len(dependants_of(desk.context.person)) >= MOST_DEPENDANTS:
        raise Refusal("too_many_people", "Son demasiadas personas: derivá a alguien del equipo.")
    relation = wording.bare_name(args.for_whom or "", 40).lower()
    if called and args.full_name:
        # Another son: the relation alone would mean the first one.
        relation = f"{relation} {name_key(args.full_name).split()[0]}"
    return find_or_create_dependant(
        guardian=desk.context.person,
        relation=relation or "a cargo",
        conversation_id=desk.context.conversation_id,
    )


def _dependants_called(desk: Desk, for_whom: str) -> list[Patient]:
    """Return the dependants whom the words may mean: a label, a name, else the relation."""
    asked = name_key(for_whom)
    people = dependants_of(desk.context.person)
    if asked[:1] == "p" and asked[1:].isdecimal() and 0 <= int(asked[1:]) - 2 < len(people):
        return [people[int(asked[1:]) - 2]]
    words = set(asked.split()) - _SMALL
    if not words:
        return []
    named = [
        one for one in people if one.first_name and words <= set(name_key(one.display_name).split())
    ]
    links = Guardian.objects.filter(guardian=desk.context.person).select_related("dependant")
    return named or [
        link.dependant
        for link in links.order_by("created_at", "id")
        if words <= set(name_key(f"{link.relation} {link.dependant.first_name}").split())
    ]


def _may_be(person: Patient, full_name: str | None) -> bool:
    """Say whether the name could be this person's: somebody without one may be anybody."""
    if not full_name or not person.first_name:
        return True
    return bool(set(name_key(full_name).split()) & set(name_key(person.first_name).split()))


def _one_of(desk: Desk, people: list[Patient]) -> Patient | None:
    """Return the only one, or of several the one last spoken of in this conversation."""
    if len(people) < 2:  # noqa: PLR2004
        return people[0] if people else None
    latest = (
        PatientFact.objects.filter(patient__in=people, conversation_id=desk.context.conversation_id)
        .order_by("-created_at", "-id")
        .values_list("patient_id", flat=True)
        .first()
    )
    if latest is None:
        raise Refusal(
            "ambiguous_person",
            "Hay más de una persona así a su cargo: preguntá el nombre.",
            people=[one.display_name for one in people],
        )
    return next(one for one in people if one.pk == latest)
