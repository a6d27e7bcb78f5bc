"""What the generator refuses, and that it writes nothing then."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState

from dentalogic.core import clock
from dentalogic.core.patches.history import History
from dentalogic.core.patches.planning import plan
from dentalogic.core.patches.refusing import CannotGuard, Unclear
from tests.evolution.chains import Chain, model, state_of


def things(app: str = "clinics", **fields: Any) -> ModelState:
    return model(app, {"nick": models.CharField(max_length=20)} | fields)


def gone(app: str = "clinics", **fields: Any) -> ModelState:
    return model(app, {"size": models.IntegerField(default=1)} | fields)


NUMBER = models.IntegerField()
ADVICE = "give db_default or make it nullable first"

# What is asked for after `things()`, why it is refused, and the words that help.
REFUSED: dict[str, tuple[list[ModelState], type[Exception], str]] = {
    "not null without default": ([things(size=NUMBER)], CannotGuard, ADVICE),
    "default computed by our clock": (
        [things(at=models.DateTimeField(default=clock.real_now))],
        CannotGuard,
        f"computed anew for each row.*{ADVICE}",
    ),
    "default computed by uuid4": (
        [things(code=models.UUIDField(default=uuid.uuid4))],
        CannotGuard,
        ADVICE,
    ),
    "unique and computed": (
        [things(code=models.UUIDField(default=uuid.uuid4, unique=True))],
        CannotGuard,
        "fill it by a patch",
    ),
    "now, when added": ([things(at=models.DateTimeField(auto_now_add=True))], CannotGuard, "Now()"),
    "a reference that may not be empty": (
        [things(other=models.ForeignKey("clinics.Thing", models.PROTECT, default=uuid.uuid4))],
        CannotGuard,
        "refers to other rows",
    ),
    "text to number of less": (
        [model("clinics", {"nick": models.DecimalField(max_digits=5, decimal_places=2)})],
        CannotGuard,
        r"varchar\(20\) to numeric\(5, 2\) may lose values.*by hand",
    ),
    "text to time": (
        [model("clinics", {"nick": models.DateTimeField()})],
        CannotGuard,
        "depends on settings",
    ),
    "collation": (
        [model("clinics", {"nick": models.CharField(max_length=20, db_collation="C")})],
        CannotGuard,
        "collation changes: write that patch by hand",
    ),
    "comment": (
        [model("clinics", {"nick": models.CharField(max_length=20, db_comment="hm")})],
        CannotGuard,
        "comments and tablespaces",
    ),
    "another key": (
        [
            model(
                "clinics",
                {
                    "id": models.UUIDField(default=uuid.uuid4),
                    "nick": models.CharField(max_length=20, primary_key=True),
                },
            )
        ],
        CannotGuard,
        "primary changes: write that patch by hand",
    ),
    "many to many": (
        [things(friends=models.ManyToManyField("clinics.Thing"))],
        CannotGuard,
        "carries it.*write the model between",
    ),
    "a table without the wall": (
        [things(), ModelState("clinics", "Bare", [("id", models.UUIDField(primary_key=True))])],
        CannotGuard,
        "has no tenant_id",
    ),
    "the wall taken down": (
        [
            ModelState(
                "clinics",
                "Thing",
                [
                    ("id", models.UUIDField(primary_key=True)),
                    ("nick", models.CharField(max_length=20)),
                ],
                {"db_table": "things"},
            )
        ],
        CannotGuard,
        "has no tenant_id",
    ),
    "text of several lines": (
        [things(note=models.TextField(default="one\ntwo"))],
        CannotGuard,
        "several lines",
    ),
    "dollars": ([things(note=models.TextField(default="$$"))], CannotGuard, r"\$\$ inside"),
    "a rename or not": (
        [model("clinics", {"alias": models.CharField(max_length=20)})],
        Unclear,
        r"--rename things\.nick=alias, or --drop things\.nick",
    ),
    "a loss beside a gain of another kind": (
        [gone()],
        Unclear,
        r"things\.nick goes and size comes.*--drop things\.nick",
    ),
    "a table renamed or not": (
        [
            model("clinics", {"nick": models.CharField(max_length=20)}, name="Item", table="items"),
        ],
        Unclear,
        r"--rename things=Item, or --drop things",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_says_what_to_do_and_writes_nothing(tmp_path: Path, case: str) -> None:
    wanted, kind, words = REFUSED[case]
    chain = Chain("clinics", tmp_path)
    chain.go(things())
    files, state = sorted(tmp_path.rglob("*")), chain.state.clone()
    with pytest.raises(kind, match=words):
        chain.go(*wanted)
    assert sorted(tmp_path.rglob("*")) == files
    assert chain.state == state


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"renames": ["things.nick=alas"]}, "nothing was renamed so"),
        ({"renames": ["things.nick"]}, "write table.column=new_column"),
        ({"renames": ["things.nick=alias"], "drops": ["things.size"]}, "nothing of that name goes"),
    ],
)
def test_a_flag_that_fits_nothing_is_refused(
    tmp_path: Path, flags: dict[str, list[str]], words: str
) -> None:
    chain = Chain("clinics", tmp_path)
    chain.go(things())
    with pytest.raises(Unclear, match=words):
        chain.go(model("clinics", {"alias": models.CharField(max_length=20)}), **flags)
    assert len(list(tmp_path.rglob("*.sql"))) == 1


def test_a_null_that_becomes_forbidden_needs_a_value(tmp_path: Path) -> None:
    chain = Chain("clinics", tmp_path)
    chain.go(model("clinics", {"size": models.IntegerField(null=True)}))
    with pytest.raises(CannotGuard, match=r"write by hand a patch that fills the column"):
        chain.go(model("clinics", {"size": models.IntegerField()}))
    assert len(list(tmp_path.rglob("*.sql"))) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RunSQL("UPDATE things SET nick = ''"),
        migrations.RunPython(migrations.RunPython.noop),
        AddIndexConcurrently("Thing", models.Index(fields=["nick"], name="thing_by_nick")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_is_no_change_of_the_models_is_written_by_hand(operation: Operation) -> None:
    with pytest.raises(CannotGuard, match=r"by hand.*without CONCURRENTLY"):
        plan([operation], "clinics", state_of(things()), History())


def test_a_drop_that_is_meant_goes_into_a_contract_step_of_its_own(tmp_path: Path) -> None:
    chain = Chain("clinics", tmp_path)
    chain.go(things())
    written = chain.go(gone(), drops=["things.nick"])
    texts = [path.read_text(encoding="utf-8") for path, _ in written]
    assert [draft.suffix for _, draft in written] == ["", "contract"]
    assert "ADD COLUMN" in texts[0]
    assert "DROP COLUMN" not in texts[0]
    assert texts[1].startswith("-- Contract: ")
    assert 'DROP COLUMN "nick"' in texts[1]
    # Code that does not know the new column can still write rows until the contract step.
    assert 'ADD COLUMN "size" integer DEFAULT 1 NOT NULL' in texts[0]
    assert 'ALTER COLUMN "size" DROP DEFAULT' in texts[1]


def test_a_change_of_words_alone_is_a_patch_that_does_nothing(tmp_path: Path) -> None:
    chain = Chain("clinics", tmp_path)
    chain.go(things())
    named = things(nick=models.CharField("apodo", max_length=20))
    ((path, draft),) = chain.go(named)
    assert draft.changes == []
    assert "nothing in the database" in path.read_text(encoding="utf-8")
    assert [type(one).__name__ for one in draft.operations] == ["AlterField"]
