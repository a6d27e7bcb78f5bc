"""What an erasure takes out of the audit: the values, never who changed which field when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from clinics.models import AuditEntry
from clinics.services.audit_words import ERASED

# Columns in which a person stands, by table.
_PERSONAL: dict[str, frozenset[str]] = {
    "patients": frozenset(
        {"phone", "email", "insurance", "insurance_plan", "member_number", "insurer_id"}
    ),
    "patient_facts": frozenset({"value", "quoted_text"}),
    "channel_identities": frozenset({"raw_id", "bsuid", "phone", "send_to", "profile_name"}),
    "appointments": frozenset({"notes", "cancel_reason", "authorisation_number"}),
    "waiting_list": frozenset({"note"}),
    "treatment_plans": frozenset({"notes", "decision_note"}),
    "guardians": frozenset({"relation"}),
}
# These stay as long as the chart that they identify.
_OF_THE_CHART = frozenset({"first_name", "last_name", "dni", "birth_date", "medical_history"})


def forget_in_audit(patient_ids: list[UUID], rows: dict[str, list[UUID]], *, charted: bool) -> None:
    """Cover the person's data in the entries about their rows, inside the caller's transaction.

    `rows` are the other rows' ids by table. With `charted`, what identifies a chart stays.
    """
    for table, ids in {"patients": patient_ids, **rows}.items():
        columns = _PERSONAL[table]
        if table == "patients" and not charted:
            columns |= _OF_THE_CHART
        for entry in AuditEntry.objects.filter(table_name=table, row_id__in=ids):
            before, after = _covered(entry.before, columns), _covered(entry.after, columns)
            if (before, after) != (entry.before, entry.after):
                AuditEntry.objects.filter(pk=entry.pk).update(before=before, after=after)


def _covered(values: dict[str, Any] | None, columns: frozenset[str]) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        name: ERASED if name in columns and value not in (None, "", {}) else value
        for name, value in values.items()
    }
