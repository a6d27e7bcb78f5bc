"""Tokens: simplejwt signs and reads them, the families behind the refresh tokens are ours."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from clinics.tenancy.callers import Caller, find_caller
from clinics.tenancy.errors import SessionEnded, TokenExpired, TokenInvalid
from clinics.tenancy.models import Membership, RefreshFamily
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError
from dentalogic.core.scope import Scope
from dentalogic.core.tenancy import clinic_scope

ACCESS, REFRESH = "access", "refresh"
PRUNED_AT_ONCE = 5000
# As the constraint `clinic_schema_name_plain` has it.
SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


class AccessToken(Token):
    token_type = ACCESS
    lifetime: timedelta = settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(Token):
    token_type = REFRESH
    lifetime: timedelta = settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, after its signature, its age and its shape were found good."""

    user_id: UUID
    clinic_id: UUID
    schema: str
    role: str
    family_id: UUID
    jti: UUID
    expires_at: datetime


class RefreshReused(SessionEnded):
    """An old refresh token came back: somebody else may hold the new one, so both are out."""

    code = "refresh_reused"
    message = "Esa sesión ya se había renovado. Por seguridad terminó: volvé a ingresar."


def issue(membership: Membership) -> Pair:
    """Start a family of tokens for a log-in. The membership must be active."""
    family = RefreshFamily.objects.create(
        membership=membership,
        current_jti=uuid.uuid4(),
        expires_at=real_now() + settings.REFRESH_TOKEN_LIFETIME,
    )
    return _pair(
        user_id=membership.user_id,
        role=membership.role,
        schema=membership.clinic.schema_name,
        clinic_id=membership.clinic_id,
        family_id=family.pk,
        jti=family.current_jti,
    )


def rotate(refresh: str) -> Pair:
    """Exchange a refresh token for the next pair; the old one ends its family if it comes back."""
    claims = read(refresh, REFRESH)
    caller = find_caller(claims.user_id, claims.clinic_id, family_id=claims.family_id)
    if caller.scope.schema != claims.schema:
        raise TokenInvalid
    jti = uuid.uuid4()
    now = real_now()
    # One conditional UPDATE decides between two that come with the same token.
    won = RefreshFamily.objects.filter(
        pk=claims.family_id, current_jti=claims.jti, ended_at=None, expires_at__gt=now
    ).update(current_jti=jti, expires_at=now + settings.REFRESH_TOKEN_LIFETIME)
    if not won:
        end_family(claims.family_id)
        raise RefreshReused
    return _pair(
        user_id=caller.user_id,
        role=caller.role,
        schema=caller.scope.schema,
        clinic_id=caller.scope.tenant_id,
        family_id=claims.family_id,
        jti=jti,
    )


def end_family(family_id: UUID) -> None:
    """End a log-in: its refresh token and its access tokens are refused from now on."""
    RefreshFamily.objects.filter(pk=family_id, ended_at=None).update(ended_at=real_now())


def end_families_of(membership_id: UUID) -> int:
    """End every log-in of a membership; how many were alive."""
    return RefreshFamily.objects.filter(membership_id=membership_id, ended_at=None).update(
        ended_at=real_now()
    )


def end_families_of_user(user_id: UUID, *, keep: UUID | None = None) -> int:
    """End every log-in of a person, in all their clinics, but the one that asks for it."""
    families = RefreshFamily.objects.filter(membership__user_id=user_id, ended_at=None)
    if keep is not None:
        families = families.exclude(pk=keep)
    return families.update(ended_at=real_now())


def prune() -> int:
    """Forget families that ended by their age, in small bites; how many."""
    old = RefreshFamily.objects.filter(expires_at__lt=real_now()).order_by("expires_at")
    keys = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return RefreshFamily.objects.filter(pk__in=keys).delete()[0]


def caller_of(access: str) -> Caller:
    """Return the active member that an access token speaks for, in one statement.

    Raises `TokenInvalid`, `TokenExpired`, `SessionEnded` (401), `AccountPending`,
    `AccountSuspended` (403).
    """
    claims = read(access, ACCESS)
    # Asked from the clinic that the signed token names: its search path, which the request needs
    # anyway, is then set once instead of twice. Nothing of the clinic is read yet.
    with clinic_scope(Scope(claims.schema, claims.clinic_id, "UTC", timedelta())):
        caller = find_caller(
            claims.user_id,
            claims.clinic_id,
            family_id=claims.family_id,
            expires_at=claims.expires_at,
        )
    if caller.scope.schema != claims.schema or caller.role != claims.role:
        raise TokenInvalid
    return caller


def read(text: str, token_type: str) -> Claims:
    """Verify a token of ours and return what it says."""
    kind = AccessToken if token_type == ACCESS else RefreshToken
    try:
        # The stubs want bytes or a token; simplejwt reads text.
        payload: dict[str, Any] = kind(cast("Any", text)).payload
        if "aud" in payload:
            raise ValueError("meant for another service: ours name nobody")
        return Claims(
            user_id=UUID(payload["sub"]),
            clinic_id=UUID(payload["tenant_id"]),
            schema=_plain(payload["clinic"]),
            role=str(payload["role"]),
            family_id=UUID(payload["family"]),
            jti=UUID(payload["jti"]),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
    except TokenError as error:
        raise _refusal(error) from None
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        raise TokenInvalid from None


def _plain(schema: Any) -> str:
    """Return a schema's name; it goes into a search path before the member is looked up."""
    if not isinstance(schema, str) or not SCHEMA_NAME.fullmatch(schema):
        raise ValueError("no clinic's schema is called that")
    return schema


def _refusal(error: TokenError) -> DomainError:
    # simplejwt tells an expired token apart by its cause alone.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, jwt.ExpiredSignatureError):
            return TokenExpired()
        cause = cause.__cause__
    return TokenInvalid()


def _pair(
    *, user_id: UUID, role: str, schema: str, clinic_id: UUID, family_id: UUID, jti: UUID
) -> Pair:
    claims = {
        "sub": str(user_id),
        "role": str(role),
        "clinic": schema,
        "tenant_id": str(clinic_id),
        "family": str(family_id),
    }
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        for name, value in claims.items():
            token[name] = value
    refresh["jti"] = jti.hex
    return Pair(str(access), str(refresh))
