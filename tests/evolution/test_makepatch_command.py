"""`manage.py makepatch` on a changed model, in a copy of the project; its patch on a clinic."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

from clinics.tenancy.models import Clinic
from dentalogic.core.evolution.catalogue import differences, read_catalogue
from dentalogic.core.management.commands.makepatch import Command
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import make_patient

PLACES = ("dentalogic", "clinics", "agent", "whatsapp", "migrations_sql")
CHAIR = "name = models.CharField(max_length=60)"


class Project:
    """A copy of the code, whose models the test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.models = next(
            path for path in (root / "clinics").rglob("*.py") if "class Chair(" in path.read_text()
        )

    def makepatch(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "makepatch", *arguments],
            cwd=self.root,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def change(self, old: str, new: str) -> None:
        text = self.models.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.models.write_text(text.replace(old, new), encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for place in PLACES
            for path in (self.root / place).rglob("*")
            if path.suffix in {".py", ".sql", ".txt"}
        }


@pytest.fixture
def project(tmp_path: Path, django_db_setup: None) -> Project:
    for place in PLACES:
        shutil.copytree(
            settings.BASE_DIR / place,
            tmp_path / place,
            ignore=shutil.ignore_patterns("__pycache__", "static", "locale", "demo"),
        )
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    return Project(tmp_path)


def test_a_changed_model_becomes_patches_that_work(
    project: Project, new_clinic: Callable[..., Clinic]
) -> None:
    """Columns, a check and an index in one patch, what goes in a second one; then both work."""
    before = project.files()
    project.change(CHAIR, CHAIR + "\n    floor = models.IntegerField()")
    done = project.makepatch("clinics")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "give db_default or make it nullable first" in done.stderr
    assert project.files().keys() == before.keys()

    project.change(
        "floor = models.IntegerField()",
        "floor = models.IntegerField(default=2)"
        '\n    colour = models.CharField(max_length=9, db_default="blue", db_index=True)',
    )
    project.change('name="chair_name_once"', 'name="chair_named_once"')
    done = project.makepatch("clinics", "-n", "Floors of chairs")
    assert done.returncode == 0, done.stderr
    new = sorted(project.files().keys() - before.keys())
    assert sorted(re.sub(r"\d{4}", "N", name) for name in new) == [
        "clinics/migrations/N_floors_of_chairs.py",
        "clinics/migrations/N_floors_of_chairs_contract.py",
        "clinics/migrations/N_floors_of_chairs_rename.py",
        "migrations_sql/clinics/N_floors_of_chairs.sql",
        "migrations_sql/clinics/N_floors_of_chairs_contract.sql",
        "migrations_sql/clinics/N_floors_of_chairs_rename.sql",
    ]
    assert sorted(done.stdout.split()) == new
    again = project.makepatch("--check")
    assert (again.returncode, again.stdout) == (0, "Every model has its patch.\n"), again.stderr

    clinic = new_clinic()
    with clinic_scope(clinic), connection.cursor() as cursor:
        make_patient()
        cursor.execute(
            "INSERT INTO chairs (id, name, is_active, tenant_id)"
            " VALUES (gen_random_uuid(), 'Uno', true, %s)",
            [clinic.pk],
        )
        was = read_catalogue(cursor, [clinic.schema_name])[clinic.schema_name]
        for _ in range(2):
            for path in sorted((project.root / "migrations_sql/clinics").glob("*floors*.sql")):
                cursor.execute(
                    "SELECT set_config('dentalogic.tenant_id', %s, false)", [str(clinic.pk)]
                )
                cursor.execute(path.read_text(encoding="utf-8"))
        now = read_catalogue(cursor, [clinic.schema_name])[clinic.schema_name]
        cursor.execute("SELECT name, floor, colour FROM chairs WHERE tenant_id = %s", [clinic.pk])
        assert cursor.fetchall() == [("Uno", 2, "blue")]
    said = "\n".join(differences(was, now))
    for words in (
        "column chairs.floor should not be there",
        "column chairs.colour should not be there",
        "chair_named_once should not be there",
        "chair_name_once is missing",
    ):
        assert words in said
    assert all(" chairs." in line for line in said.splitlines()), said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name the app: core, tenancy, clinics"),
        (("clinics", "--check"), "stand alone"),
        (("--check", "--release"), "stand alone"),
        (("clinics", "--rename", "chairs.name=title"), "nothing was renamed so"),
        (("clinics", "--drop", "chairs.name"), "nothing of that name goes"),
    ],
)
def test_wrong_use_ends_with_2_and_writes_nothing(arguments: tuple[str, ...], words: str) -> None:
    before = {path: path.read_bytes() for path in settings.SQL_DIR.rglob("*") if path.is_file()}
    with pytest.raises(CommandError, match=words) as refused:
        call_command("makepatch", *arguments)
    assert refused.value.returncode == 2
    assert {path: path.read_bytes() for path in before} == before


def test_the_check_names_the_app_whose_models_have_no_patch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with translation.override(None):
        models_now = ProjectState.from_apps(apps)
        models_now.add_field(
            "clinics", "chair", "floor", models.IntegerField(null=True), preserve_default=True
        )
        loader = MigrationLoader(None, ignore_no_migrations=True)
        with pytest.raises(SystemExit) as ended:
            Command().refuse_faults(loader, models_now)
    assert ended.value.code == 1
    assert "models without a patch: clinics; run makepatch" in capsys.readouterr().err


def test_the_release_is_refused_while_a_rule_is_broken(
    tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(settings.SQL_DIR, tmp_path / "sql")
    settings.SQL_DIR = tmp_path / "sql"
    manifest = tmp_path / "sql/released.txt"
    manifest.unlink(missing_ok=True)
    bad = tmp_path / "sql/clinics/0009_bad.sql"
    bad.write_text("DROP TABLE patients;", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        call_command("makepatch", release=True)
    assert ended.value.code == 1
    assert "clinics/0009_bad.sql: outside of a DO $$ block" in capsys.readouterr().err
    assert not manifest.exists()
    bad.unlink()
    call_command("makepatch", release=True)
    released = manifest.read_text(encoding="utf-8")
    assert "  clinics/0001_rules.sql\n" in released
    rules = tmp_path / "sql/clinics/0001_rules.sql"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    for flag in ("check", "release"):
        with pytest.raises(SystemExit) as ended:
            call_command("makepatch", **{flag: True})
        assert ended.value.code == 1
        assert "clinics/0001_rules.sql was released and is changed" in capsys.readouterr().err
    assert manifest.read_text(encoding="utf-8") == released
