"""Bring the database up to date: the shared tables, then every clinic. Safe to run again."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Apply all patches: the shared tables first, then every clinic."

    def handle(self, *args: Any, **options: Any) -> None:
        # The robot brings the shared tables up to date before it looks at the clinics.
        call_command("evolve", verbosity=options["verbosity"])
