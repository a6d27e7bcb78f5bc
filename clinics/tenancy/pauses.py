"""Growing pauses between failed log-ins, kept in the database: a flush of Redis frees nobody.

Every attempt is counted as a failure when it begins and given back when it turns out to be none:
of many that come at once, no more are let through than of as many that come in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from django.db import connection
from django.utils.crypto import salted_hmac

from clinics.tenancy.errors import TooManyAttempts
from clinics.tenancy.models import LoginPause
from dentalogic.core.clock import real_now

# Failures without a pause. A whole clinic shares one address.
FREE_OF_ACCOUNT, FREE_OF_ADDRESS = 5, 30
# Mails with a link that may be asked for in a row, and the pause that then begins to double.
FREE_MAILS = 3
FIRST_PAUSE, FIRST_PAUSE_OF_MAIL = timedelta(seconds=1), timedelta(seconds=60)
LONGEST_PAUSE = timedelta(seconds=900)
# Who failed and then stayed away for this long begins anew.
FORGOTTEN_AFTER = timedelta(hours=24)
PRUNED_AT_ONCE = 5000

# One statement decides: where the pause still runs, no row comes back. With the n-th failure from
# the last free one on, the first pause doubles each time.
_BEGIN = """
INSERT INTO public.login_pauses AS p (key, failures, failed_at, wait_until)
VALUES (%(key)s, 1, %(now)s, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN p.failed_at < %(forgotten)s THEN 1 ELSE p.failures + 1 END,
    failed_at = %(now)s,
    wait_until = CASE
        WHEN p.failed_at < %(forgotten)s OR p.failures + 1 < %(free)s THEN %(now)s::timestamptz
        ELSE %(now)s::timestamptz
            + least(%(first)s * power(2, least(p.failures + 1 - %(free)s, 30)), %(longest)s)
            * interval '1 second' END
WHERE p.wait_until <= %(now)s
RETURNING p.failures
"""
_GIVE_BACK = """
UPDATE public.login_pauses SET failures = failures - 1, wait_until = %(now)s
WHERE key = %(key)s AND failures > 0
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A log-in that began and counts as failed until somebody says otherwise."""

    account: str
    address: str

    def succeeded(self) -> None:
        """Forget the failures of the account; take this attempt off the address."""
        LoginPause.objects.filter(key=self.account).delete()
        _give_back(self.address)

    def did_not_count(self) -> None:
        """Take the attempt back: nothing was guessed, and nothing proved (a step is missing)."""
        _give_back(self.account)
        _give_back(self.address)


def begin(*, email: str, address: str) -> Attempt:
    """Count an attempt, or raise `TooManyAttempts` with the seconds that are left to wait."""
    now = real_now()
    attempt = Attempt(account_key(email), address_key(address))
    _count(attempt.address, FREE_OF_ADDRESS, now)
    try:
        _count(attempt.account, FREE_OF_ACCOUNT, now)
    except TooManyAttempts:
        # Nothing was tried: one person's pause must not become that of a whole office.
        _give_back(attempt.address)
        raise
    return attempt


def forgive(email: str) -> None:
    """Forget the failures of an account: its owner proved themselves in another way."""
    LoginPause.objects.filter(key=account_key(email)).delete()


def may_mail(email: str) -> bool:
    """Count a link that is asked for by mail; whether one more may be sent to this address."""
    try:
        key = _digest("mail", email.strip().lower())
        _count(key, FREE_MAILS, real_now(), first=FIRST_PAUSE_OF_MAIL)
    except TooManyAttempts:
        return False
    return True


def prune() -> int:
    """Forget who failed long ago, in small bites; how many rows."""
    old = LoginPause.objects.filter(failed_at__lt=real_now() - FORGOTTEN_AFTER)
    keys = old.order_by("failed_at").values("key")[:PRUNED_AT_ONCE]
    return LoginPause.objects.filter(key__in=list(keys.values_list("key", flat=True))).delete()[0]


def account_key(email: str) -> str:
    return _digest("account", email.strip().lower())


def address_key(address: str) -> str:
    return _digest("address", _network(address))


def _network(address: str) -> str:
    """Return who an address belongs to: whoever has one of IPv6 has 2^64 of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or found.exploded[:19])
    return str(found)


def _digest(kind: str, subject: str) -> str:
    # Keyed, because e-mails and addresses are few enough to be tried through.
    said = f"{kind}:{subject}".encode("utf-8", "replace").decode()
    return salted_hmac("dentalogic.login-pause", said, algorithm="sha256").hexdigest()


def _count(key: str, free: int, now: datetime, *, first: timedelta = FIRST_PAUSE) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BEGIN,
            {
                "key": key,
                "now": now,
                "free": free,
                "first": first.total_seconds(),
                "longest": LONGEST_PAUSE.total_seconds(),
                "forgotten": now - FORGOTTEN_AFTER,
            },
        )
        counted = cursor.fetchone() is not None
    if not counted:
        until = LoginPause.objects.filter(key=key).values_list("wait_until", flat=True).first()
        left = (until - now).total_seconds() if until else 1
        raise TooManyAttempts(retry_after=max(1, ceil(left)))


def _give_back(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"key": key, "now": real_now()})
