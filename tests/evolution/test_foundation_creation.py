"""A clinic is made from the foundation whole, or not at all."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from clinics.tenancy.creation import create_clinic
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import Invalid
from dentalogic.core.evolution import fingerprint, missing_steps, tenant_steps
from dentalogic.core.evolution.catalogue import Catalogue, read_catalogue
from dentalogic.core.evolution.foundation import FILE, read_foundation
from dentalogic.core.models import ClinicPatch, ClinicSchema
from tests.fixtures.clinics import drop_clinic

LAST = "clinics.0004_agenda_read"
Spoil = Callable[[Callable[[str], str]], None]


def read(schema: str) -> Catalogue:
    with connection.cursor() as cursor:
        return read_catalogue(cursor, [schema])[schema]


def exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [schema])
        return bool(cursor.fetchone()[0])


def nothing_of(schema: str) -> bool:
    records: list[Any] = [Clinic, ClinicPatch, ClinicSchema]
    return not exists(schema) and not any(
        model.objects.filter(schema_name=schema).exists() for model in records
    )


@pytest.fixture
def spoil(tmp_path: Path, settings: Any) -> Iterator[Spoil]:
    """Change the foundation in a copy of the patches' folder, for this test."""
    copy = tmp_path / "migrations_sql"
    shutil.copytree(settings.SQL_DIR, copy)
    settings.SQL_DIR = copy
    path = copy / "foundation" / FILE

    def change(how: Callable[[str], str]) -> None:
        before = path.read_text()
        path.write_text(how(before))
        assert path.read_text() != before
        read_foundation.cache_clear()

    yield change
    read_foundation.cache_clear()


@pytest.mark.django_db
def test_a_new_clinic_has_had_every_patch(alfa: Clinic) -> None:
    clinic = create_clinic(name="Nueva", schema="nueva")
    assert missing_steps("nueva") == []
    had = ClinicPatch.objects.filter(schema_name="nueva")
    assert {(row.app, row.migration): row.checksum for row in had} == {
        step.key: step.checksum for step in tenant_steps()
    }
    assert all(row.finished_at and not row.error for row in had)
    left = ClinicSchema.objects.get(schema_name="nueva")
    assert (left.clinic_id, left.fingerprint) == (clinic.id, fingerprint())
    assert left.catalogue == read("nueva").digest == read("alfa").digest
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE %s",
            [f"%{clinic.id}%"],
        )
        stamped = cursor.fetchone()[0]
        assert stamped == sum(line.startswith("table") for line in read("nueva").lines)


@pytest.mark.django_db
def test_creation_takes_a_handful_of_statements(alfa: Clinic) -> None:
    create_clinic(name="Una", schema="una")
    with CaptureQueriesContext(connection) as queries:
        create_clinic(name="Otra", schema="otra")
    assert len(queries) <= 24, [query["sql"][:80] for query in queries]


@pytest.mark.django_db
def test_patches_that_came_later_follow(alfa: Clinic, spoil: Spoil) -> None:
    def without_the_last(text: str) -> str:
        text = re.sub(rf"^-- step {re.escape(LAST)} .*\n", "", text, flags=re.M)
        return re.sub(r"^CREATE FUNCTION agenda_rows.*?^END \$\$;\n", "", text, flags=re.M | re.S)

    spoil(without_the_last)
    foundation = read_foundation()
    assert foundation is not None
    assert "agenda_rows" not in foundation.text
    assert [step.label for step in foundation.later(tenant_steps()) or []] == [LAST]
    create_clinic(name="Nueva", schema="nueva")
    assert missing_steps("nueva") == []
    assert ClinicPatch.objects.filter(schema_name="nueva").count() == len(tenant_steps())
    left = ClinicSchema.objects.get(schema_name="nueva")
    assert left.fingerprint == fingerprint()
    assert left.catalogue == read("nueva").digest == read("alfa").digest


@pytest.mark.django_db
@pytest.mark.parametrize("spoiled", ["another text of a step", "a step that is gone", "no files"])
def test_a_foundation_of_other_patches_is_not_used(
    alfa: Clinic, spoil: Spoil, spoiled: str, settings: Any
) -> None:
    broken = "SELECT nobody_may_run_this();"
    match spoiled:
        case "another text of a step":
            checksum = re.compile(rf"(?<=step {re.escape(LAST)} )\w+")
            spoil(lambda text: checksum.sub("0" * 64, text) + broken)
        case "a step that is gone":
            spoil(lambda text: text.replace(f"step {LAST}", "step clinics.0999_gone") + broken)
        case _:
            spoil(lambda text: broken)
    create_clinic(name="Nueva", schema="nueva")
    assert missing_steps("nueva") == []
    assert read("nueva") == read("alfa")


def test_a_foundation_that_fails_leaves_nothing(committing: None, spoil: Spoil) -> None:
    spoil(lambda text: text + "\nSELECT 1 / 0;\n")
    schema = f"t{uuid.uuid4().hex[:12]}"
    with pytest.raises(DatabaseError, match="division by zero"):
        create_clinic(name="Nueva", schema=schema)
    assert nothing_of(schema)


def test_of_two_creations_at_once_one_wins(committing: None) -> None:
    schema = f"t{uuid.uuid4().hex[:12]}"
    barrier = Barrier(2)
    made: list[Clinic] = []
    refused: list[Invalid] = []

    def create() -> None:
        barrier.wait()
        try:
            made.append(create_clinic(name="La misma", schema=schema))
        except Invalid as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=create) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(made), len(refused)) == (1, 1)
        assert refused[0].details["errors"] == {"schema": ["Ese nombre ya está en uso."]}
        assert Clinic.objects.get(schema_name=schema).pk == made[0].pk
        assert missing_steps(schema) == []
    finally:
        with connection.cursor() as cursor:
            for clinic in made:
                drop_clinic(cursor, clinic)


@pytest.mark.django_db
def test_a_schema_without_a_clinic_is_left_alone(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA vieja; CREATE TABLE vieja.kept (id integer)")
    before = read("vieja")
    with pytest.raises(Invalid) as refused:
        create_clinic(name="Vieja", schema="vieja")
    assert "sin clínica" in refused.value.details["errors"]["schema"][0]
    assert read("vieja") == before
    assert not Clinic.objects.filter(schema_name="vieja").exists()
    assert not ClinicPatch.objects.filter(schema_name="vieja").exists()


@pytest.mark.django_db
def test_records_of_a_clinic_that_is_gone_say_nothing_of_a_new_one(db: None) -> None:
    step = tenant_steps()[0]
    ClinicPatch.objects.create(
        schema_name="nueva", app="clinics", migration="0999_gone", checksum="0"
    )
    ClinicPatch.objects.create(schema_name="nueva", app=step.app, migration=step.name, checksum="0")
    create_clinic(name="Nueva", schema="nueva")
    had = ClinicPatch.objects.filter(schema_name="nueva").values_list(
        "app", "migration", "checksum"
    )
    assert set(had) == {(*step.key, step.checksum) for step in tenant_steps()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "schema",
    [
        *("public", "extensions", "information_schema", "pg_mine", "pg_toast"),
        *("foundation_scratch", "foundation_proof", "scratch_1"),
        *(
            "Alfa",
            "alfa-1",
            "1alfa",
            "_alfa",
            "ñandú",
            "alfa\n",
            "a" * 64,
            'x"; DROP SCHEMA alfa; --',
        ),
    ],
)
def test_names_that_no_clinic_may_have(alfa: Clinic, schema: str) -> None:
    before = Clinic.objects.count()
    with pytest.raises(Invalid) as refused:
        create_clinic(name="Nueva", schema=schema)
    assert list(refused.value.details["errors"]) == ["schema"]
    assert Clinic.objects.count() == before
    assert exists("alfa")


@pytest.mark.django_db
def test_a_word_of_sql_is_a_name_like_others(alfa: Clinic) -> None:
    create_clinic(name="User", schema="user")
    assert read("user") == read("alfa")
