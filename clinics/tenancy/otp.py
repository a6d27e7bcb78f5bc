"""The optional second step of a log-in: codes of an app (RFC 6238), and recovery codes.

The tables are django-otp's. What they hold is ours: the app's key is encrypted, and of a recovery
code only a digest is kept.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

import structlog
from django.db import transaction
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinics.tenancy.errors import OtpState, OtpWrong
from clinics.tenancy.models import Membership, MembershipStatus, Role, User
from dentalogic.core.clock import real_now
from dentalogic.core.encryption import seal, unseal
from dentalogic.core.errors import NotAllowed

logger = structlog.get_logger(__name__)

ISSUER = "Dentalogic"
KEY_BYTES = 20
STEP_SECONDS, DIGITS = 30, 6
# A phone's clock may be one step off, either way.
TOLERANCE = 1
ENROL_WITHIN = timedelta(minutes=15)
RECOVERY_CODES, CODE_BYTES = 10, 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs to know: the key as people type it, and as a QR code says it."""

    key: str
    uri: str


def may_enrol(user: User) -> bool:
    """Whether the second step is offered: to whoever directs a clinic, and to the operator."""
    return (
        user.is_superuser
        or Membership.objects.filter(
            user=user, role=Role.CEO, status=MembershipStatus.ACTIVE
        ).exists()
    )


def is_on(user_id: UUID) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user_id, confirmed=True).exists())


def recovery_codes_left(user_id: UUID) -> int:
    return int(StaticToken.objects.filter(device__user_id=user_id).count())


def begin(*, user: User) -> None:
    """Make a key for the user's app. It asks for nothing until a code of it was confirmed."""
    if not may_enrol(user):
        raise NotAllowed
    with transaction.atomic():
        _lock(user.pk)
        if is_on(user.pk):
            raise OtpState
        TOTPDevice.objects.filter(user_id=user.pk).delete()
        TOTPDevice.objects.create(
            user_id=user.pk,
            name=ISSUER,
            confirmed=False,
            key=seal(secrets.token_bytes(KEY_BYTES)),
            step=STEP_SECONDS,
            digits=DIGITS,
            tolerance=TOLERANCE,
        )


def enrolment(user: User) -> Enrolment | None:
    """Return what was begun and not confirmed yet, for a quarter of an hour."""
    device = _begun(user.pk)
    if device is None:
        return None
    key = base64.b32encode(unseal(device.key)).decode()
    label = quote(f"{ISSUER}:{user.email}")
    query = urlencode(
        {"secret": key, "issuer": ISSUER, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote
    )
    return Enrolment(key, f"otpauth://totp/{label}?{query}")


def confirm(*, user: User, code: str) -> list[str]:
    """Turn the second step on by a first code of the app; return the recovery codes, once."""
    with transaction.atomic():
        _lock(user.pk)
        device = _begun(user.pk)
        if device is None:
            raise OtpState
        if not _is_of_app(device, code):
            raise OtpWrong
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        codes = _make_recovery_codes(user.pk)
    logger.info("otp_on", user=str(user.pk))
    return codes


def renew_recovery_codes(*, user: User) -> list[str]:
    """Make new recovery codes; those of before are worth nothing."""
    with transaction.atomic():
        _lock(user.pk)
        if not is_on(user.pk):
            raise OtpState
        return _make_recovery_codes(user.pk)


def turn_off(*, user: User) -> None:
    """Forget the app and the recovery codes. Twice is harmless."""
    with transaction.atomic():
        _lock(user.pk)
        TOTPDevice.objects.filter(user_id=user.pk).delete()
        StaticDevice.objects.filter(user_id=user.pk).delete()
    logger.info("otp_off", user=str(user.pk))


def check(*, user_id: UUID, code: str) -> None:
    """Accept a code of the app, each once, or spend a recovery code; else raise `OtpWrong`.

    The row is locked: of two that come with the same code at once, one is let in.
    """
    with transaction.atomic():
        device = (
            TOTPDevice.objects.select_for_update().filter(user_id=user_id, confirmed=True).first()
        )
        if device is None:
            return
        if not (_is_of_app(device, code) or _spend(user_id, code)):
            raise OtpWrong


def reseal() -> int:
    """Encrypt every key anew with the first of FIELD_ENCRYPTION_KEY; how many."""
    with transaction.atomic():
        devices = list(TOTPDevice.objects.select_for_update())
        for device in devices:
            device.key = seal(unseal(device.key))
            device.save(update_fields=["key"])
    return len(devices)


def _lock(user_id: UUID) -> None:
    User.objects.select_for_update().get(pk=user_id)


def _begun(user_id: UUID) -> TOTPDevice | None:
    found: TOTPDevice | None = TOTPDevice.objects.filter(
        user_id=user_id, confirmed=False, created_at__gt=real_now() - ENROL_WITHIN
    ).first()
    return found


def _is_of_app(device: TOTPDevice, code: str) -> bool:
    """Whether it is a code of now, newer than the last one; remembers it."""
    digits = _plain(code)
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        return False
    totp = TOTP(unseal(device.key), device.step, device.t0, device.digits)
    totp.time = real_now().timestamp()
    if not totp.verify(int(digits), device.tolerance, device.last_t + 1):
        return False
    device.last_t = totp.t()
    device.last_used_at = real_now()
    device.save(update_fields=["last_t", "last_used_at"])
    return True


def _make_recovery_codes(user_id: UUID) -> list[str]:
    StaticDevice.objects.filter(user_id=user_id).delete()
    device = StaticDevice.objects.create(user_id=user_id, name=ISSUER, confirmed=True)
    codes = [
        base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    ]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_digest(code)) for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _spend(user_id: UUID, code: str) -> bool:
    spent, _ = StaticToken.objects.filter(
        device__user_id=user_id, token=_digest(_plain(code))
    ).delete()
    return bool(spent)


def _digest(code: str) -> str:
    # A column of sixteen characters. The codes are random: no salt or slow hash adds anything.
    return hashlib.sha256(f"recovery:{code}".encode("utf-8", "replace")).hexdigest()[:16]


def _plain(code: str) -> str:
    return code.replace(" ", "").replace("-", "").lower()
