"""Write the next SQL patch of an app, and the migration that wraps it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    no_translations,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from dentalogic.core.patches.describing import OURS
from dentalogic.core.patches.refusing import CannotGuard, Unclear
from dentalogic.core.patches.releases import patch_files, release, release_faults
from dentalogic.core.patches.rules import faults
from dentalogic.core.patches.writing import detect, draft_files, is_missing, write


class Command(BaseCommand):
    help = (
        "Write the next SQL patches of an app from the changes of its models: what is added or"
        " altered in one, what is renamed or dropped in a contract step of its own."
        " 0: fine, 1: refused or something is missing, 2: wrong use."
    )

    requires_system_checks = ()  # they would import every view to look at the models

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app", nargs="?", choices=OURS, help="the app whose models changed")
        parser.add_argument(
            "-n", "--name", default="changes", help="what the patch does, in a word"
        )
        parser.add_argument(
            "--rename",
            action="append",
            default=[],
            metavar="TABLE.OLD=NEW",
            help="a field (or model: OLD=NEW) that keeps its content under another name",
        )
        parser.add_argument(
            "--drop",
            action="append",
            default=[],
            metavar="TABLE.OLD",
            help="a field (or model: OLD) that goes with its content, though another one comes",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit 1 when a patch is missing, breaks a rule, or was changed"
            " after its release",
        )
        parser.add_argument(
            "--release",
            action="store_true",
            help="list every patch in migrations_sql/released.txt: from then on it never changes",
        )

    @no_translations  # else the state says in Spanish what the models say in English
    def handle(self, *args: Any, **options: Any) -> None:
        loader = MigrationLoader(None, ignore_no_migrations=True)
        models = ProjectState.from_apps(apps)
        if options["check"] or options["release"]:
            if options["app"] or (options["check"] and options["release"]):
                raise CommandError("--check and --release stand alone", returncode=2)
            self.refuse_faults(loader, models)
            if options["release"]:
                new = release(settings.SQL_DIR)
                self.stdout.write("\n".join(new) or "Every patch was released before.")
            else:
                self.stdout.write("Every model has its patch.")
            return
        if options["app"] is None:
            raise CommandError(f"name the app: {', '.join(OURS)}", returncode=2)
        try:
            self.make(loader, models, options["app"], options)
        except Unclear as error:
            raise CommandError(str(error), returncode=2) from error
        except CannotGuard as error:
            raise CommandError(str(error)) from error

    def make(
        self, loader: MigrationLoader, models: ProjectState, app: str, options: dict[str, Any]
    ) -> None:
        found = detect(
            app,
            loader.project_state(),
            models,
            loader.graph,
            renames=options["rename"],
            drops=options["drop"],
        )
        if not found.operations:
            self.stdout.write("Nothing changed.")
            return
        files = draft_files(loader, app, found, name=options["name"], sql_dir=settings.SQL_DIR)
        write(files)
        for file in files:
            self.stdout.write(str(file.path.relative_to(settings.BASE_DIR)))

    def refuse_faults(self, loader: MigrationLoader, models: ProjectState) -> None:
        """End with 1 and every fault said, if there is one."""
        missing = [app for app in OURS if is_missing(loader, app, models)]
        found = [f"models without a patch: {', '.join(missing)}; run makepatch"] if missing else []
        found += release_faults(settings.SQL_DIR)
        for name in patch_files(settings.SQL_DIR):
            text = (settings.SQL_DIR / name).read_text(encoding="utf-8")
            found += [f"{name}: {fault}" for fault in faults(text)]
        if found:
            for line in found:
                self.stderr.write(line)
            raise SystemExit(1)
