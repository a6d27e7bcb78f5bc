"""What the models declare, as a catalogue: Django's own schema editor builds it in a schema."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from dentalogic.core.evolution.catalogue import UNIT, Catalogue, read_catalogue
from dentalogic.core.scope import Scope
from dentalogic.core.tenancy import clinic_scope

SCHEMA = "declared"
CLINICS = ("clinics", "agent", "whatsapp")
SHARED = ("core", "tenancy")

# What the patches make by hand and no model can say. A pattern of the catalogue's name of the
# object, the attribute (None: the whole object), and why.
BY_HAND: tuple[tuple[str, str | None, str], ...] = (
    (r"column \w+\.tenant_id", "default", "the second wall: stamp_tenant"),
    (r"constraint (\w+)\.\1_tenant", None, "the second wall: stamp_tenant"),
    (r"(table|column|constraint|index) retired(\.\w+)?", None, "the patches' own book"),
    (
        r"trigger (clinical_records|accounting_transactions|appointment_changes)\.refuse_\w+",
        None,
        "records, money and the agenda's history are never changed",
    ),
    (
        r"trigger (record_attachments|record_reads|cash_flow_steps|consent_texts|breaches)"
        r"\.refuse_\w+",
        None,
        "nor what hangs on them",
    ),
    (
        r"trigger record_heads\.(keep_record_head|refuse_truncate)",
        None,
        "the end of a chart only moves on",
    ),
    (r"function keep_record_head\(\)", None, "of the trigger above"),
    (
        r"trigger appointments\.refuse_booking_over_overbooked",
        None,
        "what the exclusion constraint can't say",
    ),
    (r"trigger \w+\.audit_row", None, "every change is noted, whatever road it came by"),
    (r"trigger audit_entries\.refuse_\w+", None, "the notes are kept"),
    (r"function (audit_row|keep_audit_entry)\(\)", None, "of the two above"),
    (r"function only_erases\(.*\)", None, "of the one above"),
    (r"function stamp_tenant\(.*\)", None, "patches call it"),
    (r"function is_retired\(.*\)", None, "patches call it"),
    (r"function refuse_change\(\)", None, "of the triggers above"),
    (r"function refuse_booking_over_overbooked\(\)", None, "of the trigger above"),
    (r"function valid_(working_hours|medical_history)\(.*\)", None, "checks of models call them"),
    (r"function agenda_rows\(.*\)", None, "one round trip for the agenda"),
    (r"schema itself", None, "no model's"),
    (r"(table|function|sequence) .*", "owner", "public belongs to the database's owner"),
)
# Functions that the models' checks name have to be there before the tables.
CALLED = ("valid_working_hours", "valid_medical_history")

Objects = dict[str, dict[str, str]]


@cache
def declared(labels: tuple[str, ...], source: str) -> Objects:
    """Build the tables of some apps from their models; functions that checks call come from
    `source`. The caller's transaction takes the schema back."""
    models = [model for label in labels for model in tables_of(label)]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    scope = Scope(SCHEMA, uuid.uuid4(), "UTC", timedelta(0))
    with clinic_scope(scope):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_functiondef(oid) FROM pg_proc"
                " WHERE pronamespace = %s::text::regnamespace AND proname = ANY(%s)",
                [source, list(CALLED)],
            )
            for (definition,) in cursor.fetchall():
                cursor.execute(definition.replace(f"{source}.", "", 1))
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
    return without_what_is_by_hand(catalogue_of(SCHEMA))


def tables_of(label: str) -> list[type[Model]]:
    models = apps.get_app_config(label).get_models(include_auto_created=True)
    return [model for model in models if model._meta.managed and not model._meta.proxy]


def found(schema: str, labels: Iterable[str] = ()) -> Objects:
    """Return what a schema has; of the tables, those of the named apps alone if any is named."""
    objects = without_what_is_by_hand(catalogue_of(schema))
    tables = {model._meta.db_table for label in labels for model in tables_of(label)}
    if not tables:
        return objects
    mine = re.compile(rf"\w+ ({'|'.join(map(re.escape, sorted(tables)))})(\..*|_\w+_seq)?")
    return {name: attributes for name, attributes in objects.items() if mine.fullmatch(name)}


def mismatches(expected: Objects, actual: Objects) -> list[str]:
    """Say what the database lacks, has besides, or has otherwise than the models declare."""
    said = [f"{name} is declared and missing" for name in expected if name not in actual]
    said += [f"{name} is not declared" for name in actual if name not in expected]
    for name in expected.keys() & actual.keys():
        said += [
            f"{name}: {attribute} is {actual[name].get(attribute)}, declared {value}"
            for attribute, value in expected[name].items()
            if actual[name].get(attribute) != value
        ]
    return sorted(said)


def catalogue_of(schema: str) -> Catalogue:
    with connection.cursor() as cursor:
        return read_catalogue(cursor, [schema])[schema]


def without_what_is_by_hand(catalogue: Catalogue) -> Objects:
    kept: Objects = {}
    for name, attributes in catalogue.objects.items():
        rules = [rule for rule in BY_HAND if re.fullmatch(rule[0], name)]
        if any(attribute is None for _, attribute, _ in rules):
            continue
        left_out = {attribute for _, attribute, _ in rules}
        kept[name] = {key: value for key, value in attributes.items() if key not in left_out}
    return kept


def unused_rules(*catalogues: Catalogue) -> list[Any]:
    """Return the exceptions that nothing needs any more."""
    names = {name for one in catalogues for name in one.objects}
    assert all(UNIT not in name for name in names)
    return [rule for rule in BY_HAND if not any(re.fullmatch(rule[0], name) for name in names)]
