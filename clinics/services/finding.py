"""Finding patients: by any part of a name, by DNI, by telephone however it is written.

Duplicates that were merged are followed: whoever has the old id, DNI or number finds the person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from clinics.models import ChannelIdentity, Patient
from clinics.services.errors import PatientMerged
from clinics.services.phones import e164
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import NotFound
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import current_scope

# Shorter ones match nearly everybody somewhere: they are read as the beginning of a name.
_ANYWHERE = 3
_PART_OF_A_DNI = 3
_PART_OF_A_PHONE = 6
_MOST_WORDS = 8
_SELECTIVE = 2
_ARGENTINA, _ARGENTINE_MOBILE, _HOME_MOBILE = "54", "549", "15"


@dataclass(frozen=True, slots=True)
class Search:
    """Who was found: lists to be read in turn, each by name.

    Of several words few people have all, and those stand together (every "María González" after
    every Juan): unless they are `scattered`, walking the order would read past half the clinic.
    """

    lists: list[QuerySet[Patient]]
    scattered: bool


def search_patients(words: str, *, merged: bool = False) -> Search:
    """Return whom the words may mean: those whose names begin so, then those that contain it.

    Every word has to fit: the beginning of a name, from three letters on any part of one, or a
    document with letters; the digits together are the beginning of a DNI, or of a telephone any
    part. Without words, everybody. `merged` lists the rows that were merged into others besides.
    """
    # Whoever was erased is found by nobody; who has the id still reaches what a law keeps.
    rows = Patient.objects.filter(anonymised_at=None)
    rows = rows if merged else rows.filter(merged_into=None)
    named, digits = _sorted_out(words)
    if digits:
        fits = _number(digits, words)
        if merged:
            rows = rows.filter(fits)
        else:
            people = Patient.objects.filter(fits).values_list(Coalesce("merged_into_id", "id"))
            rows = rows.filter(pk__in=people)
    begin, contain = Q(), Q()
    for word in named:
        begin &= _begins(word)
        contain &= _contains(word)
    # Two lists, not a rank: each can be read in the order of the index, which then need not find
    # every González to show the first ones.
    inside = any(len(word) >= _ANYWHERE for word in named)
    lists = [rows.filter(begin), *([rows.filter(contain).exclude(begin)] if inside else [])]
    return Search(lists, scattered=len(named) < _SELECTIVE)


def find_patient(patient_id: UUID) -> Patient:
    """Return a patient of this clinic, or whom they were merged into; else `NotFound`."""
    patient = Patient.objects.select_related("merged_into").filter(pk=patient_id).first()
    if patient is None:
        raise NotFound
    survivor: Patient | None = patient.merged_into
    return patient if survivor is None else survivor


def lock_patient(patient_id: UUID) -> Patient:
    """Return the row locked for a change; one that was merged is no longer changed."""
    patient = Patient.objects.for_update().filter(pk=patient_id).first()
    if patient is None:
        raise NotFound
    if patient.merged_into_id is not None:
        raise PatientMerged(into=str(patient.merged_into_id))
    return patient


def person_ids(patient: Patient) -> list[UUID]:
    """Return the ids of every row that is this person: history stays where it was written."""
    return list(
        Patient.objects.filter(Q(pk=patient.pk) | Q(merged_into=patient.pk)).values_list(
            "pk", flat=True
        )
    )


def find_twin(patient: Patient) -> Patient | None:
    """Return the oldest other person with this DNI, or with this telephone and name.

    A row that was merged counts for whom it was merged into.
    """
    same = Q(pk__in=[])
    if patient.dni:
        same |= Q(dni=patient.dni)
    key = name_key(patient.display_name)
    if patient.phone and key:
        same |= Q(phone=patient.phone, name_key=key)
    others = (
        Patient.objects.filter(same)
        .exclude(pk=patient.pk)
        .exclude(merged_into__isnull=False, merged_into=patient.pk)
        .select_related("merged_into")
    )
    found = others.order_by("created_at", "id").first()
    if found is None:
        return None
    return found if found.merged_into is None else found.merged_into


def _sorted_out(words: str) -> tuple[list[str], str]:
    """Return the words with letters, and the digits of the others together."""
    # A DNI is written with dots, which would make three words of it.
    key = name_key(re.sub(r"(?<=\d)[.](?=\d)", "", words))
    parts = key.split()[:_MOST_WORDS]
    numbers = [part for part in parts if part.isascii() and part.isdecimal()]
    return [part for part in parts if part not in numbers], "".join(numbers)


def _begins(word: str) -> Q:
    """The word begins a name: in both forms the trigrams of a beginning, which the index has."""
    fits = Q(name_key__startswith=word) | Q(name_key__contains=f" {word}")
    if any(char.isdecimal() for char in word):
        fits |= Q(dni__startswith=word.upper())
    return fits


def _contains(word: str) -> Q:
    return _begins(word) if len(word) < _ANYWHERE else Q(name_key__contains=word)


def _number(digits: str, words: str) -> Q:
    fits = Q(dni__startswith=digits)
    if len(digits) < _PART_OF_A_DNI:
        return fits
    if len(digits) < _PART_OF_A_PHONE:
        return fits | Q(phone__endswith=digits)
    country = Clinic.objects.values_list("country", flat=True).get(pk=current_scope().tenant_id)
    whole = e164(re.sub(r"[^\d+]", "", words), country=str(country))
    if whole is not None:
        writers = ChannelIdentity.objects.filter(phone=whole).values_list("patient_id", flat=True)
        # Read apart: beside a subquery the indexes on DNI and telephone are of no use.
        return fits | Q(phone=whole) | Q(pk__in=list(writers))
    for part in _as_kept(digits):
        fits |= Q(phone__contains=part)
    return fits


def _as_kept(digits: str) -> set[str]:
    """Return how a part of a number may stand in E.164: no trunk 0, no 15 of a mobile, but 549."""
    bare = digits.lstrip("0")
    parts = {bare}
    if bare.startswith(_HOME_MOBILE):
        parts.add(bare.removeprefix(_HOME_MOBILE))
    elif bare.startswith(_ARGENTINA) and not bare.startswith(_ARGENTINE_MOBILE):
        parts.add(_ARGENTINE_MOBILE + bare.removeprefix(_ARGENTINA))
    return {part for part in parts if len(part) >= _PART_OF_A_PHONE}
