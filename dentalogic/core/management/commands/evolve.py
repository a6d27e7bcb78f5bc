"""The maintenance robot: applies what is missing to every clinic, and names those that failed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django_tenants.utils import get_tenant_model

from dentalogic.core.evolution import apply_missing, missing_steps
from dentalogic.core.tenancy import no_scope


class Command(BaseCommand):
    help = "Apply missing patches to every clinic. 0: fine, 1: something missing or failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; 1 = missing")
        parser.add_argument("--clinic", metavar="SCHEMA", help="this clinic alone")

    def handle(self, *args: Any, **options: Any) -> None:
        with no_scope():
            clinics = get_tenant_model().objects.order_by("schema_name")
            if options["clinic"]:
                clinics = clinics.filter(schema_name=options["clinic"])
                if not clinics:
                    raise CommandError("there is no such clinic", returncode=2)
            found = [self.evolve(clinic, check=options["check"]) for clinic in clinics]
        if not all(found):
            raise SystemExit(1)

    def evolve(self, clinic: Any, *, check: bool) -> bool:
        """Bring one clinic up to date; whether nothing is missing and nothing failed."""
        name = clinic.schema_name
        if check:
            missing = missing_steps(name)
            for step in missing:
                self.stdout.write(f"{name}: {step.app}.{step.name} is missing")
            return not missing
        try:
            applied = apply_missing(clinic)
        except DatabaseError as error:
            # The transaction took everything back: the clinic is as it was.
            self.stderr.write(f"{name}: failed, left as it was: {type(error).__name__}: {error}")
            return False
        if applied:
            self.stdout.write(f"{name}: {len(applied)} patches applied")
        return True
