"""Verify the clinical records of one clinic, or of all."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from clinics.services.records.sealing import seal_again
from clinics.services.records.verifying import Verified, verify_clinic
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope, no_scope

FINDING, WRONG_USE = 1, 2


class Command(BaseCommand):
    help = (
        "Verify the chain of the clinical records and their files. 0: all is as it was signed;"
        " 1: something was changed, removed, reordered or added, and is named; 2: wrong use."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clinic", metavar="SCHEMA", help="this clinic alone")
        parser.add_argument(
            "--no-files", action="store_true", help="leave the files of attachments unread"
        )
        parser.add_argument(
            "--reseal",
            action="store_true",
            help="after a change of FIELD_ENCRYPTION_KEY to NEW,OLD: seal with the new key",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with no_scope():
                clinics = self._clinics(options["clinic"])
                found = [self._verify(clinic, options) for clinic in clinics]
        except DatabaseError as error:
            name = type(error).__name__
            raise CommandError(f"the database did not go along: {name}") from error
        if any(found):
            raise SystemExit(FINDING)

    @staticmethod
    def _clinics(schema: str | None) -> list[Clinic]:
        if schema is None:
            return list(Clinic.objects.order_by("schema_name"))
        clinics = list(Clinic.objects.filter(schema_name=schema))
        if not clinics:
            raise CommandError(f"there is no clinic {schema!r}", returncode=WRONG_USE)
        return clinics

    def _verify(self, clinic: Clinic, options: dict[str, Any]) -> bool:
        def say(done: Verified) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{clinic.schema_name}: {done.patients} patients so far")

        with clinic_scope(clinic):
            done = verify_clinic(files=not options["no_files"], progress=say)
            for finding in done.findings:
                self.stdout.write(self.style.ERROR(f"{clinic.schema_name}: {finding}"))
            sealed = seal_again() if options["reseal"] else 0
        more = f", {sealed} sealed again" if options["reseal"] else ""
        what = f"{len(done.findings)} findings" if done.findings else "all as it was signed"
        self.stdout.write(
            f"{clinic.schema_name}: {done.patients} patients, {done.entries} entries,"
            f" {done.files} attachments: {what}{more}"
        )
        return bool(done.findings)
