"""Patients from a file: all of its rows, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Q

from clinics.models import Event, EventType, FactSource, Insurer, Patient, PatientFact
from clinics.services.events import owe_publication
from clinics.services.facts import patient_snapshot
from clinics.services.import_reading import Row, Table, read_table
from clinics.services.patients import cleaned, clinic_country, fill, known_facts
from dentalogic.core.errors import DomainError
from dentalogic.core.names import name_key
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

CREATED, DUPLICATE, ERROR = "created", "duplicate", "error"
_DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d")
_FIRST_YEAR = 1900
_BATCH = 500
_LIMITS = {
    "first_name": 80,
    "last_name": 80,
    "document_type": 10,
    "insurance": 80,
    "insurance_plan": 80,
    "member_number": 40,
    "email": 254,
}

Key = tuple[str, ...]


class ImportRefused(DomainError):
    """Rows are wrong, so none was entered: `rows` says which and why."""

    code = "import_refused"
    message = "Hay filas con errores. No se importó nada."
    status = 400


@dataclass(slots=True)
class Outcome:
    """What becomes of one row of the file."""

    row: int
    outcome: str
    name: str
    patient_id: UUID | None = None
    same_as_row: int | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What became of a file, or would: row by row."""

    dry_run: bool
    columns: list[str]
    ignored_columns: list[str]
    rows: list[Outcome]

    def count(self, outcome: str) -> int:
        return Counter(row.outcome for row in self.rows)[outcome]


@dataclass(slots=True)
class _Person:
    """Somebody known by what a row may be recognised by: of the clinic, or of an earlier row."""

    dni: str | None
    patient_id: UUID | None = None
    row: int | None = None


def try_import(content: bytes) -> Report:
    """Say what importing the file would do, row by row, and do nothing."""
    return _Import(read_table(content)).report(dry_run=True)


def import_patients(*, content: bytes, recorded_by: UUID) -> UUID:
    """Enter the people of a file, each of whose rows is right, in one transaction; the import's id.

    Whoever is known already, by DNI or by name with telephone or birth date, is left as they are:
    the same file again enters nobody. Raises `UnreadableFile`, and `ImportRefused` with the rows.
    """
    table = read_table(content)

    def work() -> UUID:
        # Two imports at once would each find the other's people missing.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 13))",
                [f"import:{current_scope().tenant_id}"],
            )
        run = _Import(table, import_id=uuid4())
        wrong = [one for one in run.outcomes if one.outcome == ERROR]
        if wrong:
            raise ImportRefused(rows=[{"row": one.row, "errors": one.errors} for one in wrong])
        run.write(recorded_by)
        return run.import_id

    return in_transaction(work)


def report_import(content: bytes, import_id: UUID) -> Report:
    """Return the report of an import that was made of this file."""
    return _Import(read_table(content), import_id=import_id).report(dry_run=False)


class _Import:
    """One reading of a table against the clinic's patients."""

    def __init__(self, table: Table, *, import_id: UUID | None = None) -> None:
        self.table = table
        # The ids of its patients follow from its own: that is how a repetition knows them again.
        self.import_id = import_id or uuid4()
        self.country = clinic_country()
        self.insurers = {one.name_key: one for one in Insurer.objects.all()}
        self.values: dict[int, dict[str, Any]] = {}
        self.patients: dict[int, Patient] = {}
        read = [(row, *self._read(row)) for row in table.rows]
        self._known = _known_people(values for _, values, wrong in read if not wrong)
        self._row_of = {self._id(row.number): row.number for row in table.rows}
        mine = Patient.objects.filter(pk__in=list(self._row_of)) if import_id else []
        self._made = {patient.pk for patient in mine}
        self.outcomes = [self._judge(row.number, values, wrong) for row, values, wrong in read]

    def report(self, *, dry_run: bool) -> Report:
        return Report(dry_run, self.table.columns, self.table.ignored, self.outcomes)

    def write(self, recorded_by: UUID) -> None:
        people = list(self.patients.values())
        Patient.objects.bulk_create(people, batch_size=_BATCH)
        facts = [
            PatientFact(
                patient=patient,
                field=name,
                value=value,
                source=FactSource.STAFF,
                recorded_by=recorded_by,
            )
            for number, patient in self.patients.items()
            for name, value in known_facts(patient, self.values[number]).items()
        ]
        PatientFact.objects.bulk_create(facts, batch_size=_BATCH)
        snapshots = (patient_snapshot(patient) for patient in people)
        events = [Event(type=EventType.PATIENT_UPDATED, data=data) for data in snapshots]
        Event.objects.bulk_create(events, batch_size=_BATCH)
        if events:
            owe_publication()

    def _id(self, number: int) -> UUID:
        return uuid5(self.import_id, str(number))

    def _read(self, row: Row) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Return the clean values of a row, and what is wrong with it by field."""
        given: dict[str, Any] = {name: value for name, value in row.cells.items() if value}
        errors: dict[str, list[str]] = {}
        for name, limit in _LIMITS.items():
            if len(given.get(name, "")) > limit:
                errors[name] = [f"Más de {limit} caracteres."]
        for name in ("first_name", "last_name"):
            if not name_key(given.get(name, "")):
                errors[name] = ["Falta." if name not in given else "No es un nombre."]
        if "birth_date" in given:
            born = _day(given.pop("birth_date"))
            if born is None:
                errors["birth_date"] = ["No es una fecha (día/mes/año)."]
            else:
                given["birth_date"] = born
        if "document_type" in given:
            given["document_type"] = given["document_type"].replace(".", "").upper()
        if "dni" in given:
            # What a spreadsheet makes of a number.
            given["dni"] = given["dni"].removesuffix(".0").removesuffix(",0")
        if "email" in given:
            try:
                validate_email(given["email"])
            except ValidationError:
                errors["email"] = ["No es un correo."]
        values, wrong = cleaned(given, country=self.country)
        return values, wrong | errors

    def _judge(self, number: int, values: dict[str, Any], errors: dict[str, list[str]]) -> Outcome:
        name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        if errors:
            return Outcome(number, ERROR, name, errors=errors)
        new_id = self._id(number)
        twin: _Person | None = None
        for key in _keys(values):
            person = self._known.get(key)
            if person is None or person.patient_id == new_id:
                continue
            if values.get("dni") and person.dni and person.dni != values["dni"]:
                twin = twin or person
                continue
            if new_id not in self._made:
                known_row = self._row_of.get(person.patient_id) if person.patient_id else None
                return Outcome(number, DUPLICATE, name, person.patient_id, person.row or known_row)
        patient = Patient(id=new_id, possible_duplicate_of_id=twin.patient_id if twin else None)
        insurer = self.insurers.get(name_key(values.get("insurance", "")))
        fill(patient, values, insurer=insurer)
        patient.name_key = name_key(patient.display_name)
        self.values[number], self.patients[number] = values, patient
        for key in _keys(values):
            self._known.setdefault(key, _Person(values.get("dni"), row=number))
        made = new_id if new_id in self._made else None
        return Outcome(number, CREATED, name, patient_id=made)


def _keys(values: dict[str, Any]) -> Iterator[Key]:
    """Yield what somebody is recognised by, the surest first."""
    if values.get("dni"):
        yield ("dni", str(values["dni"]))
    name = name_key(f"{values.get('first_name', '')} {values.get('last_name', '')}")
    if values.get("phone"):
        yield ("phone", name, str(values["phone"]))
    if values.get("birth_date"):
        yield ("born", name, str(values["birth_date"]))
    if not (values.get("dni") or values.get("phone") or values.get("birth_date")):
        yield ("name", name)


def _known_people(rows: Iterable[dict[str, Any]]) -> dict[Key, _Person]:
    """Return those of the clinic whom the rows may mean, by every key; two statements at most."""
    dnis, names = set(), set()
    for values in rows:
        if values.get("dni"):
            dnis.add(values["dni"])
        names.add(name_key(f"{values['first_name']} {values['last_name']}"))
    found = Patient.objects.filter(Q(dni__in=dnis) | Q(name_key__in=names)).order_by("created_at")
    known: dict[Key, _Person] = {}
    columns = ("id", "merged_into", "dni", "phone", "birth_date", "first_name", "last_name")
    for row in found.values(*columns):
        person = _Person(row["dni"], patient_id=row["merged_into"] or row["id"])
        for key in _keys(row):
            known.setdefault(key, person)
    return known


def _day(text: str) -> date | None:
    for form in _DATES:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
        return day if day.year >= _FIRST_YEAR else None
    return None
