"""Write the text that new clinics are made from."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dentalogic.core.evolution.dump import CannotDump, make_foundation
from dentalogic.core.evolution.foundation import FILE, REMAKE, folder

DRIFT, WRONG_USE = 1, 2


class Command(BaseCommand):
    help = (
        "Write migrations_sql/foundation/ from all patches: what new clinics are made from."
        " 0: written, or nothing to write; 1: --check found drift; 2: can't be made here."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; 1 = it differs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = make_foundation()
        except CannotDump as refusal:
            raise CommandError(str(refusal), returncode=WRONG_USE) from None
        path = folder() / FILE
        name = f"migrations_sql/foundation/{FILE}"
        others = sorted(set(folder().glob("[0-9]*.sql")) - {path})
        current = path.exists() and path.read_text(encoding="utf-8") == text and not others
        if current:
            self.stdout.write(f"{name} is what the patches give.")
        elif options["check"]:
            raise CommandError(f"{name} is not what the patches give: {REMAKE}", returncode=DRIFT)
        else:
            folder().mkdir(parents=True, exist_ok=True)
            for other in others:
                other.unlink()
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{name} written: {len(text.splitlines())} lines.")
