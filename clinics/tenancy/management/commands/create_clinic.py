"""Open a clinic and give its first CEO the keys."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from clinics.tenancy.creation import add_member, create_clinic
from clinics.tenancy.mail import password_link, welcome_ceo
from clinics.tenancy.models import MembershipStatus, Role, User
from dentalogic.core.errors import Invalid

WRONG_USE = 2


class Command(BaseCommand):
    help = (
        "Create a clinic with its schema and its first CEO, who is active from the start. Prints"
        " and mails a link, good once, by which the CEO sets a password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the clinic's name")
        parser.add_argument(
            "--ceo-email", required=True, metavar="E", help="the first CEO's e-mail"
        )
        parser.add_argument("--schema", metavar="S", help="its schema; by default from the name")
        parser.add_argument("--timezone", default="America/Argentina/Buenos_Aires", metavar="TZ")
        parser.add_argument("--country", default="AR", metavar="AR", help="ISO 3166 code")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["ceo_email"].strip().lower()
        country = options["country"].strip().upper()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError("--ceo-email: not an e-mail address", returncode=WRONG_USE) from None
        if len(country) != len("AR") or not country.isalpha():
            raise CommandError("--country: a code of two letters", returncode=WRONG_USE)
        try:
            with transaction.atomic():
                clinic = create_clinic(
                    name=options["name"],
                    schema=options["schema"],
                    timezone=options["timezone"],
                    country=country,
                )
                user = User.objects.filter(email=email).first()
                if user is None:
                    user = User.objects.create_user(email, first_name="", last_name="")
                add_member(clinic, user, Role.CEO, status=MembershipStatus.ACTIVE)
        except Invalid as error:
            problems = error.details["errors"].items()
            lines = "; ".join(f"{field}: {' '.join(said)}" for field, said in problems)
            raise CommandError(lines, returncode=WRONG_USE) from None
        self.stdout.write(f"Clinic {clinic.name} is schema {clinic.schema_name}.")
        if user.has_usable_password():
            self.stdout.write(f"{email} has a password already and is its CEO now.")
            return
        link = password_link(user)
        self.stdout.write(f"The CEO sets a password here, once:\n{link}")
        if not welcome_ceo(user, clinic, link):
            self.stdout.write(self.style.WARNING("The mail server is away: pass the link on."))
