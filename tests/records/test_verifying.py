"""What a superuser changes with the triggers off is found, and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinics.models import ClinicalRecord, Patient, Professional, RecordAttachment, RecordHead
from clinics.services.records.attachments import add_attachment
from clinics.services.records.chain import entry_hash, seal_of
from clinics.services.records.files import kept_file, path_of
from clinics.services.records.sealing import seal_again
from clinics.services.records.verifying import verify_clinic
from clinics.tenancy.models import Clinic
from tests.records.conftest import PDF, written

TABLES = ("clinical_records", "record_heads", "record_attachments", "audit_entries")


@contextmanager
def unguarded() -> Iterator[Any]:
    """What somebody with all rights on the database can do: no trigger stands in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def entries(ana: Patient, doctor: Professional) -> list[ClinicalRecord]:
    return [written(ana, doctor, f"Visita {number}") for number in range(1, 4)]


def codes(clinic: Clinic) -> list[tuple[str, int | None]]:
    return sorted({(one.code, one.position) for one in verify_clinic().findings})


def test_all_is_well(entries: list[ClinicalRecord], in_alfa: Clinic) -> None:
    done = verify_clinic()
    assert (done.patients, done.entries, done.findings) == (1, 3, ())


def _changed(cursor: Any, rows: list[ClinicalRecord]) -> None:
    cursor.execute(
        "UPDATE clinical_records SET text = 'otra cosa' WHERE tenant_id = %s AND id = %s",
        [rows[1].tenant_id, rows[1].pk],
    )


def _removed(cursor: Any, row: ClinicalRecord) -> None:
    cursor.execute(
        "DELETE FROM clinical_records WHERE tenant_id = %s AND id = %s", [row.tenant_id, row.pk]
    )


def _all_removed(cursor: Any, rows: list[ClinicalRecord]) -> None:
    for row in rows:
        _removed(cursor, row)


def _reordered(cursor: Any, rows: list[ClinicalRecord]) -> None:
    for row, position in ((rows[0], 9), (rows[1], 1), (rows[0], 2)):
        cursor.execute(
            "UPDATE clinical_records SET position = %s WHERE tenant_id = %s AND id = %s",
            [position, row.tenant_id, row.pk],
        )


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (_changed, {("changed", 2)}),
        (lambda cursor, rows: _removed(cursor, rows[0]), {("removed", 1)}),
        (lambda cursor, rows: _removed(cursor, rows[1]), {("removed", 2)}),
        (lambda cursor, rows: _removed(cursor, rows[2]), {("removed", 3)}),
        (
            _all_removed,
            {("removed", 1), ("removed", 2), ("removed", 3)},
        ),
        (_reordered, {("reordered", 1), ("reordered", 2), ("unchained", 1), ("unchained", 2),
                      ("unchained", 3)}),
    ],
    ids=["changed", "first", "middle", "last", "all", "reordered"],
)  # fmt: skip
def test_a_spoilt_chart_is_found(
    entries: list[ClinicalRecord],
    in_alfa: Clinic,
    spoil: Callable[[Any, list[ClinicalRecord]], Any],
    found: set[tuple[str, int]],
) -> None:
    with unguarded() as cursor:
        spoil(cursor, entries)
    assert set(codes(in_alfa)) == found
    named = {one.record_id for one in verify_clinic().findings if one.code == "removed"}
    assert None not in named, "the audit names what is gone"


def test_who_rewrites_all_that_follows_is_found(
    entries: list[ClinicalRecord], in_alfa: Clinic
) -> None:
    """The whole chain is computed anew, and fits; the head and the audit know better."""
    previous = ""
    with unguarded():
        for entry in entries:
            entry.text = "inventado"
            entry.previous_hash, entry.hash = previous, ""
            entry.hash = previous = entry_hash(entry)
            entry.save()
    assert set(codes(in_alfa)) == {("rewritten", 1), ("rewritten", 2), ("rewritten", 3)}
    with unguarded() as cursor:
        cursor.execute("DELETE FROM audit_entries WHERE tenant_id = %s", [in_alfa.pk])
        RecordHead.objects.update(last_hash=previous)
    assert codes(in_alfa) == [("forged", None)]


def test_an_entry_that_nobody_signed_is_found(
    entries: list[ClinicalRecord], in_alfa: Clinic
) -> None:
    last = entries[-1]
    with unguarded():
        last.id = Patient().pk
        last._state.adding = True
        last.position, last.previous_hash = 4, last.hash
        last.hash = entry_hash(last)
        last.save(force_insert=True)
    assert codes(in_alfa) == [("added", 4)]


def test_a_chart_without_its_head_is_found(entries: list[ClinicalRecord], in_alfa: Clinic) -> None:
    with unguarded():
        RecordHead.objects.all().delete()
    assert codes(in_alfa) == [("no_head", None)]


def test_files_are_verified_too(
    entries: list[ClinicalRecord], doctor: Professional, in_alfa: Clinic, media: Path
) -> None:
    assert doctor.user_id is not None
    for number in range(3):
        with kept_file(BytesIO(PDF + b"%d" % number), "estudio.pdf") as file:
            add_attachment(
                patient_id=entries[0].patient_id, record_id=entries[0].pk, user_id=doctor.user_id,
                file=file,
            )  # fmt: skip
            file.referred = True
    assert (verify_clinic().files, codes(in_alfa)) == (3, [])
    first, second, third = RecordAttachment.objects.order_by("record__position")
    path_of(first.stored_as).unlink()
    path_of(second.stored_as).write_bytes(PDF + b"9")
    with unguarded():
        RecordAttachment.objects.filter(pk=third.pk).delete()
    assert codes(in_alfa) == [("attachment_removed", 6), ("file_changed", 5), ("file_missing", 4)]
    assert verify_clinic(files=False).findings == ()


def test_another_key_seals_again(
    entries: list[ClinicalRecord], in_alfa: Clinic, settings: Any
) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40, *old]
    assert codes(in_alfa) == []
    assert (seal_again(), seal_again()) == (1, 0)
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40]
    assert codes(in_alfa) == []
    head = RecordHead.objects.get()
    assert head.seal == seal_of(head)
    settings.FIELD_ENCRYPTION_KEYS = old
    assert codes(in_alfa) == [("forged", None)]
    assert seal_again() == 0, "what was not ours is not made ours"


@pytest.mark.usefixtures("entries")
def test_the_command(alfa: Clinic, ana: Patient) -> None:
    out = StringIO()
    call_command("verify_records", "--clinic", "alfa", stdout=out, no_color=True)
    assert out.getvalue() == "alfa: 1 patients, 3 entries, 0 attachments: all as it was signed\n"
    with unguarded() as cursor:
        _changed(cursor, list(ClinicalRecord.objects.order_by("position")))
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("verify_records", stdout=out, no_color=True)
    assert end.value.code == 1
    row = ClinicalRecord.objects.get(position=2)
    assert f"alfa: changed: patient {ana.pk}, entry 2 ({row.pk})" in out.getvalue()
    assert "otra cosa" not in out.getvalue()
    assert "beta: 0 patients" in out.getvalue()
    with pytest.raises(CommandError) as wrong:
        call_command("verify_records", "--clinic", "nowhere")
    assert wrong.value.returncode == 2
