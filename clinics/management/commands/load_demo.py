"""Open the demo clinic, once. Its log-ins are kept in `DENTALOGIC_HOME/demo.json`."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from clinics.demo.agenda import fill_agenda
from clinics.demo.definition import SeededClinic, read_definition, seed_clinic
from clinics.models import Professional
from clinics.tenancy.creation import add_member
from clinics.tenancy.models import Clinic, MembershipStatus, Role, User
from dentalogic.core.tenancy import clinic_scope

LINE_ID = "100000000000001"
PEOPLE = (
    # e-mail, first name, last name, role, status, key of the professional
    ("ceo", "Laura", "Sonrisa", Role.CEO, MembershipStatus.ACTIVE, None),
    ("secretaria", "Marta", "Quiroga", Role.SECRETARY, MembershipStatus.ACTIVE, None),
    ("ruiz", "María Elena", "Ruiz", Role.PROFESSIONAL, MembershipStatus.ACTIVE, "ruiz"),
    ("gomez", "Julián", "Gómez Peña", Role.PROFESSIONAL, MembershipStatus.ACTIVE, "gomez"),
    # Waits for the CEO to activate her.
    ("pendiente", "Paula", "Nueva", Role.SECRETARY, MembershipStatus.PENDING, None),
)
WORDS = (
    *("molar", "canino", "incisivo", "raiz", "pulpa", "esmalte"),
    *("corona", "encia", "brasa", "nube", "rio", "trigo", "luna"),
)


class Command(BaseCommand):
    help = "Open the demo clinic with people, agenda and history, unless a clinic exists already."

    def handle(self, *args: Any, **options: Any) -> None:
        if Clinic.objects.exists():
            self.stdout.write("There is a clinic already: nothing to load.")
            return
        logins_file = Path(settings.HOME) / "demo.json"
        with transaction.atomic():
            seeded = seed_clinic(read_definition(), line_id=LINE_ID)
            logins = [self.add_person(seeded, *person) for person in PEOPLE]
            with clinic_scope(seeded.clinic):
                count = fill_agenda(seeded)
            # Before the commit: log-ins that nobody could read would lock everybody out.
            logins_file.touch(mode=0o600)
            logins_file.write_text(json.dumps({"logins": logins}, ensure_ascii=False, indent=2))
        self.stdout.write(f"{seeded.clinic.name}: {count} appointments.")

    @staticmethod
    def add_person(
        seeded: SeededClinic,
        name: str,
        first_name: str,
        last_name: str,
        role: Role,
        status: MembershipStatus,
        key: str | None,
    ) -> dict[str, str]:
        password = (
            "-".join(secrets.choice(WORDS) for _ in range(3)) + f"-{secrets.randbelow(90) + 10}"
        )
        clinic = seeded.clinic
        email = f"{name}@{clinic.schema_name}.example"
        user = User.objects.create_user(
            email, password, first_name=first_name, last_name=last_name, last_clinic=clinic
        )
        add_member(clinic, user, role, status=status)
        if key is not None:
            with clinic_scope(clinic):
                Professional.objects.filter(pk=seeded.professionals[key].pk).update(user_id=user.pk)
        label = f"{role.label} (pendiente)" if status == MembershipStatus.PENDING else role.label
        return {"email": email, "password": password, "role": str(label), "clinic": clinic.name}
