"""Bring the database up to date: the shared tables, then every clinic. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from dentalogic.core.tenancy import no_scope


class Command(BaseCommand):
    help = "Apply all patches: the shared tables first, then every clinic."

    def handle(self, *args: Any, **options: Any) -> None:
        with no_scope():
            call_command("migrate_schemas", schema_name="public", interactive=False, verbosity=0)
            call_command("evolve", verbosity=options["verbosity"])
