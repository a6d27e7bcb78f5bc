"""Histories with renames, drops and returns: run twice in order with rows, nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.migrations.state import ModelState
from django.db.models.functions import Lower, Now

from dentalogic.core.evolution.catalogue import differences
from tests.evolution.chains import Chain, advance, model
from tests.evolution.scratch import Scratch, scratch_schema, with_rules

pytestmark = pytest.mark.usefixtures("django_db_setup")

# One step: the models wanted, and the flags of the command.
Step = tuple[list[ModelState], dict[str, Any]]


def text(size: int = 20, **more: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=size, **more)


def renamed_column(app: str) -> list[Step]:
    """A column with everything on it, renamed to and fro, dropped, and there again."""

    def with_(name: str) -> ModelState:
        column = text(unique=True)
        return model(
            app,
            {name: column, "size": models.IntegerField(default=3)},
            indexes=[models.Index(fields=[name, "size"], name="thing_by_both")],
            constraints=[
                models.CheckConstraint(condition=~models.Q(**{name: "never"}), name="thing_fine"),
                models.UniqueConstraint(Lower(name), name="thing_once"),
            ],
        )

    plain = model(app, {"size": models.IntegerField(default=3)})
    there = {"renames": ["things.nick=alias"]}
    back = {"renames": ["Thing.alias=nick"]}
    return [
        ([with_("nick")], {}),
        ([with_("alias")], there),
        ([with_("nick")], back),
        ([with_("alias")], there),
        ([plain], {}),
        ([model(app, {"size": models.IntegerField(), "nick": text(null=True)})], {}),
        ([model(app, {"size": models.IntegerField(), "alias": text(null=True)})], there),
    ]


def renamed_table(app: str) -> list[Step]:
    """A table renamed with another one pointing at it, then back, then gone and made anew."""

    def pair(name: str, table: str) -> list[ModelState]:
        return [
            model(app, {"nick": text(db_index=True)}, name=name, table=table),
            model(
                app,
                {"thing": models.ForeignKey(f"{app}.{name}", models.PROTECT)},
                name="Note",
                table="notes",
            ),
        ]

    return [
        (pair("Thing", "things"), {}),
        (pair("Item", "items"), {"renames": ["Thing=Item"]}),
        (pair("Thing", "things"), {"renames": ["items=things"]}),
        (pair("Thing", "articles"), {}),
        ([], {}),
        (pair("Thing", "things"), {}),
        (pair("Item", "items"), {"renames": ["things=items"]}),
    ]


def renamed_parts(app: str) -> list[Step]:
    """Indexes and constraints under other names, with other content, and back."""

    def with_(index: str, rule: str, most: int, *, gin: bool = False) -> ModelState:
        kind: Any = GinIndex if gin else models.Index
        return model(
            app,
            {"size": models.IntegerField(default=1), "facts": models.JSONField(default=dict)},
            indexes=[kind(fields=["facts"], name=index)],
            constraints=[
                models.CheckConstraint(condition=models.Q(size__lt=most), name=rule),
            ],
        )

    return [
        ([with_("one", "small", 1000)], {}),
        ([with_("two", "small", 1000)], {}),
        ([with_("one", "tiny", 1000)], {}),
        ([with_("one", "tiny", 900)], {}),
        ([with_("one", "tiny", 1000, gin=True)], {}),
        ([with_("one", "tiny", 900)], {}),
        ([with_("two", "small", 900)], {}),
    ]


def dropped_and_again(app: str) -> list[Step]:
    """A column and a table that go and come back, as something else."""
    bare = model(app, {"size": models.IntegerField(default=1)})

    def with_(column: models.Field[Any, Any]) -> ModelState:
        return model(app, {"size": models.IntegerField(default=1), "nick": column})

    return [
        ([with_(text(default="none"))], {}),
        ([bare], {}),
        ([with_(models.IntegerField(default=7, db_index=True))], {}),
        ([bare], {}),
        ([with_(models.BooleanField(db_default=True))], {}),
        ([], {}),
        ([with_(text(null=True))], {}),
        ([bare], {}),
        ([with_(models.DateTimeField(db_default=Now()))], {}),
    ]


def altered_type(app: str) -> list[Step]:
    """A type to and fro and to and fro."""

    def with_(column: models.Field[Any, Any]) -> ModelState:
        return model(
            app, {"code": column}, indexes=[models.Index(fields=["code"], name="thing_by_code")]
        )

    number, wide = models.IntegerField(), models.BigIntegerField()
    return [
        ([with_(one)], {})
        for one in (
            number, wide, number, wide, text(), text(40), text(), models.TextField(),
            text(unique=True), wide, text(db_index=True), number,
        )
    ]  # fmt: skip


def toggled(app: str) -> list[Step]:
    """Nullable and not, unique and not, with defaults that come, change and go."""

    def with_(column: models.Field[Any, Any]) -> ModelState:
        return model(app, {"code": column})

    return [
        ([with_(one)], {})
        for one in (
            models.IntegerField(null=True),
            models.IntegerField(default=5),
            models.IntegerField(null=True),
            models.IntegerField(db_default=6),
            models.IntegerField(db_default=7, db_index=True),
            models.IntegerField(db_default=6),
            models.IntegerField(),
            models.IntegerField(null=True, unique=True),
            models.PositiveIntegerField(null=True),
            models.IntegerField(null=True, db_default=7),
        )
    ]


def all_kinds(app: str) -> list[Step]:
    """Foreign keys, exclusion, partial, expression and gist indexes: added, then taken away."""
    other = model(app, {"nick": text()}, name="Other", table="others")
    bare = model(app, {"during": DateTimeRangeField()})
    full = model(
        app,
        {
            "during": DateTimeRangeField(),
            "other": models.ForeignKey(f"{app}.Other", models.PROTECT, null=True),
            "level": text(8, default="low", choices=[("low", "Low"), ("high", "High")]),
        },
        indexes=[
            GistIndex(fields=["during"], name="thing_during"),
            models.Index(Lower("level"), name="thing_by_level"),
            models.Index(
                fields=["other"], condition=models.Q(level="high"), name="thing_by_high_other"
            ),
        ],
        constraints=[
            ExclusionConstraint(
                name="thing_alone",
                expressions=[
                    ("during", RangeOperators.OVERLAPS),
                    ("other", RangeOperators.EQUAL),
                ],
                condition=models.Q(level="high"),
            ),
            models.UniqueConstraint(
                fields=["other", "level"], name="thing_pair", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["other"], condition=models.Q(level="low"), name="thing_low_once"
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=["low", "high"]), name="thing_level_known"
            ),
        ],
    )
    return [
        ([other, bare], {}),
        ([other, full], {}),
        ([other, bare], {}),
        ([other, full], {}),
        ([bare], {}),
    ]


CHAINS: list[Callable[[str], list[Step]]] = [
    renamed_column, renamed_table, renamed_parts, dropped_and_again, altered_type, toggled,
    all_kinds,
]  # fmt: skip


@pytest.mark.parametrize("app", ["clinics", "core"])
@pytest.mark.parametrize("history", CHAINS, ids=lambda one: str(one.__name__))
def test_a_history_may_be_run_again_in_order(
    tmp_path: Path, history: Callable[[str], list[Step]], app: str
) -> None:
    chain = Chain(app, tmp_path)
    with scratch_schema(tenant=app == "clinics") as scratch:
        with_rules(scratch)
        for wanted, flags in history(app):
            advance(chain, scratch, *wanted, **flags)
        assert len(chain.drafts) >= len(history(app))
        scratch.replay()
        scratch.replay()
        assert_as_if_made_at_once(scratch, app, tmp_path / "at_once", history(app)[-1][0])


def assert_as_if_made_at_once(
    evolved: Scratch, app: str, folder: Path, wanted: list[ModelState]
) -> None:
    """However it came to be, the schema is what the models say, the names of all parts included."""
    folder.mkdir()
    with scratch_schema(tenant=app == "clinics") as scratch:
        with_rules(scratch)
        advance(Chain(app, folder), scratch, *wanted)
        assert differences(scratch.look().catalogue, evolved.look().catalogue) == []


def test_identity_columns_follow_their_table(tmp_path: Path) -> None:
    chain = Chain("core", tmp_path)
    with scratch_schema(tenant=False) as scratch:
        with_rules(scratch)
        for key, table in (
            (models.AutoField(primary_key=True), "things"),
            (models.BigAutoField(primary_key=True), "things"),
            (models.BigAutoField(primary_key=True), "items"),
        ):
            advance(chain, scratch, model("core", {"id": key, "nick": text()}, table=table))
        scratch.replay()
        scratch.connection.execute("ALTER SEQUENCE items_id_seq RESTART WITH 50")
        row = scratch.connection.execute(
            "INSERT INTO items (nick) VALUES ('new') RETURNING id"
        ).fetchone()
        assert row == (50,)


def test_a_patch_over_a_schema_that_somebody_changed_fails_aloud(tmp_path: Path) -> None:
    chain = Chain("clinics", tmp_path)
    with scratch_schema(tenant=True) as scratch:
        with_rules(scratch)
        advance(chain, scratch, model("clinics", {"code": models.IntegerField(null=True)}))
        scratch.connection.execute("ALTER TABLE things ALTER COLUMN code TYPE numeric")
        before = scratch.look()
        ((path, _),) = chain.go(model("clinics", {"code": models.BigIntegerField(null=True)}))
        with pytest.raises(Exception, match=r"things\.code is not integer: changed by hand\?"):
            scratch.run(path.read_text(encoding="utf-8"))
        scratch.must_be(before, "refused")


def test_without_retirements_a_replay_would_bring_back_what_was_dropped(tmp_path: Path) -> None:
    """The control: the tests above can fail."""
    chain = Chain("clinics", tmp_path)
    with scratch_schema(tenant=True) as scratch:
        with_rules(scratch)
        full = model("clinics", {"nick": text(null=True), "size": models.IntegerField(null=True)})
        advance(chain, scratch, full)
        advance(chain, scratch, model("clinics", {"nick": text(null=True)}))
        advance(chain, scratch, full)
        scratch.replay()
        forgetful = (
            "CREATE OR REPLACE FUNCTION is_retired(asked_kind text, asked_name text)"
            " RETURNS boolean LANGUAGE sql AS 'SELECT false'"
        )
        scratch.texts[0] += f";{forgetful};"
        with pytest.raises(AssertionError, match="replayed in order"):
            scratch.replay()
