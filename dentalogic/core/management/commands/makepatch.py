"""Write the next SQL patch of an app, and the migration that wraps it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    no_translations,
)
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from dentalogic.core.makepatch import OURS, TENANT_RULES, CannotGuard, render_patch, statements_for
from dentalogic.core.sqlpatch import SqlPatch


class Command(BaseCommand):
    help = "Write the next SQL patch of an app from the changes of its models."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app", nargs="?", choices=OURS)
        parser.add_argument("-n", "--name", default="changes")
        parser.add_argument("--check", action="store_true", help="exit 1 when a patch is missing")

    @no_translations  # else the state says in Spanish what the models say in English
    def handle(self, *args: Any, **options: Any) -> None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        if options["check"]:
            self.check_none_missing(loader)
            return
        app: str | None = options["app"]
        if app is None:
            raise CommandError("name the app")
        found = self.detect(loader, app)
        if not found:
            self.stdout.write("Nothing changed.")
            return
        self.write(loader, app, found, options["name"])

    def detect(self, loader: MigrationLoader, app: str) -> list[Migration]:
        detector = MigrationAutodetector(
            loader.project_state(),
            ProjectState.from_apps(apps),
            NonInteractiveMigrationQuestioner(specified_apps={app}, dry_run=True),
        )
        changes: dict[str, list[Migration]] = detector.changes(
            graph=loader.graph, trim_to_apps={app}, convert_apps={app}
        )
        return changes.get(app, [])

    def check_none_missing(self, loader: MigrationLoader) -> None:
        missing = [app for app in OURS if self.detect(loader, app)]
        if missing:
            self.stderr.write(f"models without a patch: {', '.join(missing)}; run makepatch")
            raise SystemExit(1)
        self.stdout.write("Every model has its patch.")

    def write(self, loader: MigrationLoader, app: str, found: list[Migration], name: str) -> None:
        operations = [operation for migration in found for operation in migration.operations]
        dependencies = {
            dependency
            for migration in found
            for dependency in migration.dependencies
            if dependency not in {(app, other.name) for other in found}
        }
        leaves = loader.graph.leaf_nodes(app)
        tenant_app = apps.get_app_config(app).name in settings.TENANT_APPS
        dependencies.update(leaves)
        number = self.next_number(app)
        if tenant_app and not leaves and app != TENANT_RULES[0]:
            dependencies.add(TENANT_RULES)  # the functions that every tenant patch calls
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        path = Path(app) / f"{number:04}_{slug}.sql"
        try:
            statements = statements_for(
                operations, app, loader.project_state(), tenant_app=tenant_app
            )
            text = render_patch(statements, title=f"{name.capitalize()}.", tenant_app=tenant_app)
        except CannotGuard as error:
            raise CommandError(str(error)) from error
        target = settings.SQL_DIR / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        migration = type(
            "Migration",
            (Migration,),
            {
                "dependencies": sorted(dependencies, key=str),
                "operations": [SqlPatch(name=str(path), state=operations)],
                "initial": not leaves,
            },
        )(f"{number:04}_{slug}", app)
        writer = MigrationWriter(migration, include_header=False)
        Path(writer.path).write_text(writer.as_string(), encoding="utf-8")
        self.stdout.write(f"migrations_sql/{path}\n{writer.path}")

    @staticmethod
    def next_number(app: str) -> int:
        folder = settings.SQL_DIR / app
        numbers = [int(file.name[:4]) for file in folder.glob("[0-9]*.sql")]
        return max(numbers, default=0) + 1
