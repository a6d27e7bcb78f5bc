"""From the models to files: the next patches of an app and the migrations that wrap them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from dentalogic.core.patches.asking import FlagQuestioner, refuse_guesses
from dentalogic.core.patches.describing import TENANT_APPS, side_of
from dentalogic.core.patches.history import History
from dentalogic.core.patches.planning import Draft, plan
from dentalogic.core.patches.refusing import CannotGuard
from dentalogic.core.patches.rules import faults
from dentalogic.core.sqlpatch import SqlPatch

# What every other patch of a side calls: `retired`, `is_retired()`, `stamp_tenant()`.
TENANT_RULES = ("clinics", "0001_rules")
PUBLIC_RULES = ("core", "0001_extensions")


@dataclass(frozen=True, slots=True)
class Found:
    """What the autodetector found for one app."""

    operations: list[Operation]
    dependencies: set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class File:
    """A file to be written."""

    path: Path
    text: str


def detect(
    app: str,
    before: ProjectState,
    models: ProjectState,
    graph: MigrationGraph,
    *,
    renames: Iterable[str] = (),
    drops: Iterable[str] = (),
) -> Found:
    """Return the operations that bring one state of the models to another. Never guesses."""
    questioner = FlagQuestioner(app, before, renames)
    detector = MigrationAutodetector(before, models, questioner)
    changes: dict[str, list[Any]] = detector.changes(
        graph=graph, trim_to_apps={app}, convert_apps={app}
    )
    found = changes.get(app, [])
    operations = [operation for migration in found for operation in migration.operations]
    questioner.refuse_unused()
    refuse_guesses(operations, questioner, drops)
    questioner.refuse_troubles()
    own = {(app, migration.name) for migration in found}
    dependencies = {one for migration in found for one in migration.dependencies} - own
    return Found(operations, dependencies)


def is_missing(loader: MigrationLoader, app: str, models: ProjectState) -> bool:
    """Tell whether the models of an app say something that no patch does. Asks no question."""
    detector = MigrationAutodetector(loader.project_state(), models)
    return app in detector.changes(graph=loader.graph, trim_to_apps={app}, convert_apps={app})


def draft_files(
    loader: MigrationLoader, app: str, found: Found, *, name: str, sql_dir: Path
) -> list[File]:
    """Return the patches and migrations as files, none written yet."""
    history = History.read(sql_dir, side_of(app))
    drafts = plan(found.operations, app, loader.project_state(), history)
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "changes"
    leaves = loader.graph.leaf_nodes(app)
    dependencies: set[Any] = {*found.dependencies, *leaves}
    # One line of history a side: what comes before on one machine comes before on all.
    dependencies |= {leaf for other in side_of(app) for leaf in loader.graph.leaf_nodes(other)}
    rules = TENANT_RULES if app in TENANT_APPS else PUBLIC_RULES
    if not leaves and app != rules[0]:
        dependencies.add(rules)
    number = next_number(sql_dir / app, leaves)
    files = []
    for draft in drafts:
        step = f"{number:04}_{slug}" + (f"_{draft.suffix}" if draft.suffix else "")
        files += _files(draft, app, step, dependencies, name, sql_dir, initial=not leaves)
        dependencies, number, leaves = {(app, step)}, number + 1, [(app, step)]
    return files


def _files(
    draft: Draft,
    app: str,
    step: str,
    dependencies: set[Any],
    title: str,
    sql_dir: Path,
    *,
    initial: bool,
) -> list[File]:
    text = draft.text(title)
    wrong = next(faults(text), None)
    if wrong is not None:
        raise CannotGuard(f"write this one by hand: {wrong}")
    body: dict[str, Any] = {
        "dependencies": sorted(dependencies, key=str),
        "operations": [SqlPatch(name=f"{app}/{step}.sql", state=draft.operations)],
    }
    if initial:
        body["initial"] = True
    migration = type("Migration", (Migration,), body)(step, app)
    writer = MigrationWriter(migration, include_header=False)
    return [
        File(sql_dir / app / f"{step}.sql", text),
        File(Path(writer.path), writer.as_string()),
    ]


def write(files: Iterable[File]) -> None:
    """Put the files down; a name that is taken refuses all of them."""
    files = list(files)
    taken = [file.path for file in files if file.path.exists()]
    if taken:
        raise CannotGuard(f"{taken[0]} is there already")
    for file in files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(file.text, encoding="utf-8")


def next_number(folder: Path, leaves: Iterable[tuple[str, str]]) -> int:
    """Return the number after the last patch and the last migration."""
    names = [file.name for file in folder.glob("[0-9]*.sql")] + [name for _, name in leaves]
    return max((int(name[:4]) for name in names if name[:4].isdigit()), default=0) + 1
