"""Every table of a clinic is audited, or it is said why not."""

from __future__ import annotations

from django.db import connection

from clinics.tenancy.models import Clinic
from dentalogic.core.encryption import EncryptedTextField
from dentalogic.core.guard.tables import clinic_tables
from tests.evolution.declared import CLINICS, tables_of

LEFT_OUT = {
    "appointment_changes": "a history itself, with who, when and what moved",
    "audit_entries": "the audit",
    "calendar_states": "what the last reading of a calendar gave",
    "conversations": "the channel's burst and lease; what staff do there is an event",
    "events": "a history itself, kept for a month",
    "google_calendar_blocks": "a copy of what Google says, renewed at each reading",
    "inbox_items": "what providers sent, as it came",
    "messages": "a history itself; its texts are the patients' words",
    "offers": "gone within the hour",
    "record_heads": "where each chart ends; its entries are audited",
    "record_reads": "a history itself",
    "retired": "the patches' own book",
    "turn_steps": "the agent's journal",
    "turns": "the agent's journal",
}
# Columns whose content the audit must not copy.
COVERED = {
    "clinical_records": {"text", "content"},
    "record_attachments": {"stored_as"},
}


def triggers(clinic: Clinic) -> dict[str, tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, tgargs FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE relnamespace = %s::text::regnamespace AND tgname = 'audit_row'",
            [clinic.schema_name],
        )
        return {
            name: tuple(bytes(arguments).decode().rstrip("\0").split("\0"))
            for name, arguments in cursor.fetchall()
        }


def test_every_table_is_audited_or_left_out_with_a_reason(alfa: Clinic) -> None:
    audited = set(triggers(alfa))
    assert audited & LEFT_OUT.keys() == set()
    unsaid = set(clinic_tables()) - audited - LEFT_OUT.keys()
    assert unsaid == set(), "audit the new table, or say why not"
    assert len(audited) > 20


def test_clinical_text_and_secrets_are_covered(alfa: Clinic) -> None:
    found = {
        name: set(arguments[0].split(",")) - {""} for name, arguments in triggers(alfa).items()
    }
    assert {name: columns for name, columns in found.items() if columns} == COVERED
    for label in CLINICS:
        for model in tables_of(label):
            secrets = {
                field.column
                for field in model._meta.concrete_fields
                if isinstance(field, EncryptedTextField)
            }
            assert secrets <= found.get(model._meta.db_table, secrets)
