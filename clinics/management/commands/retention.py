"""The robot that lets go of what is kept no longer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from clinics.services import retention
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope, no_scope

WRONG_USE = 2


class Command(BaseCommand):
    help = (
        "Let go of what is no longer kept: each clinic's settings (keep_...) say how long, and a"
        " law's least term is never gone below. Run it daily. Exit 0: done; 1: a clinic failed;"
        " 2: wrong use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument("--clinic", metavar="S", help="one clinic, by its schema")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run: bool = options["dry_run"]
        clinics = Clinic.objects.order_by("schema_name")
        if options["clinic"] is not None:
            clinics = clinics.filter(schema_name=options["clinic"])
            if not clinics.exists():
                raise CommandError("--clinic: there is no such clinic", returncode=WRONG_USE)
        verb = "due" if dry_run else "let go"
        failed = []
        for clinic in clinics:
            try:
                with clinic_scope(clinic):
                    for name, count in retention.sweep(dry_run=dry_run):
                        self.stdout.write(f"{clinic.schema_name}: {name}: {count} {verb}")
            except DatabaseError as error:
                failed.append(clinic.schema_name)
                self.stderr.write(f"{clinic.schema_name}: failed ({type(error).__name__})")
        if options["clinic"] is None:
            with no_scope():
                count = retention.sweep_quarantine(dry_run=dry_run)
            self.stdout.write(f"quarantine: {count} {verb}")
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}", returncode=1)
