"""Help one person with their account, or shut them out, from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinics.tenancy import gatekeeper, otp
from clinics.tenancy.mail import password_link
from clinics.tenancy.models import User

WRONG_USE = 2


class Command(BaseCommand):
    help = "Turn one person's access to all clinics off or on, or help them back in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--disable", action="store_true", help="out of every clinic, at once")
        what.add_argument("--enable", action="store_true", help="let in again")
        what.add_argument(
            "--no-second-step", action="store_true", help="forget a lost phone and its codes"
        )
        what.add_argument(
            "--password-link", action="store_true", help="print a link, good once, for a password"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("nobody has that e-mail", returncode=WRONG_USE)
        if options["no_second_step"]:
            otp.turn_off(user=user)
        elif options["password_link"]:
            self.stdout.write(password_link(user))
        else:
            gatekeeper.enable(user_id=user.pk, enabled=options["enable"], by=None)
