"""Registering, logging in, staying logged in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.tenancy import accounts, gatekeeper, tokens
from clinics.tenancy.callers import Caller
from clinics.tenancy.errors import TokenInvalid
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from clinics.tenancy.permissions import IsMember
from clinics.tenancy.throttles import AddressThrottle, address_of
from clinics.tenancy.views import ClinicAPIView
from dentalogic.core.errors import Invalid, NotAllowed


class PasswordField(serializers.CharField):
    """Spaces count."""

    def __init__(self) -> None:
        super().__init__(trim_whitespace=False, max_length=128, style={"input_type": "password"})


class ClinicRefSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    schema = serializers.CharField()
    name = serializers.CharField()
    timezone = serializers.CharField()


class UserClinicSerializer(serializers.Serializer[Any]):
    schema = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    status = serializers.ChoiceField(MembershipStatus.choices)


class UserSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    clinic = ClinicRefSerializer()
    clinics = UserClinicSerializer(many=True)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class LoggedInSerializer(TokensSerializer):
    user = UserSerializer()


class LoginSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = PasswordField()
    clinic = serializers.CharField(max_length=63, required=False, allow_blank=True)
    otp = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Código de la aplicación, o de recuperación, si la cuenta lo pide.",
    )


class RegisterSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = PasswordField()
    first_name = serializers.CharField(max_length=80)
    last_name = serializers.CharField(max_length=80)
    role = serializers.ChoiceField([Role.PROFESSIONAL.value, Role.SECRETARY.value])
    clinic = serializers.CharField(max_length=63, help_text="Nombre del esquema de la clínica.")
    specialty = serializers.CharField(max_length=80, required=False, allow_blank=True)
    registration_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(
            email=attrs["email"], first_name=attrs["first_name"], last_name=attrs["last_name"]
        )
        try:
            validate_password(attrs["password"], person)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from None
        return attrs


class RegisteredSerializer(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="pending")
    email = serializers.EmailField()
    role = serializers.CharField()
    clinic = serializers.CharField()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096)


class LogoutSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096, required=False)


class SwitchSerializer(serializers.Serializer[Any]):
    clinic = serializers.CharField(max_length=63)


def describe_user(
    user_id: UUID,
    email: str,
    names: tuple[str, str],
    working: Membership,
    memberships: list[Membership],
) -> dict[str, Any]:
    return {
        "id": str(user_id),
        "email": email,
        "first_name": names[0],
        "last_name": names[1],
        "role": working.role,
        "clinic": {
            "id": str(working.clinic_id),
            "schema": working.clinic.schema_name,
            "name": working.clinic.name,
            "timezone": working.clinic.timezone,
        },
        "clinics": [
            {
                "schema": one.clinic.schema_name,
                "name": one.clinic.name,
                "role": one.role,
                "status": one.status,
            }
            for one in memberships
        ],
    }


def logged_in(user: User, working: Membership, memberships: list[Membership]) -> dict[str, Any]:
    """Start a log-in and describe it."""
    pair = tokens.issue(working)
    if user.last_clinic_id != working.clinic_id:
        User.objects.filter(pk=user.pk).update(last_clinic=working.clinic)
    names = (user.first_name, user.last_name)
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "user": describe_user(user.pk, user.email, names, working, memberships),
    }


class Public(ClinicAPIView):
    """Open to anyone: nobody is authenticated, so a stale token can't lock its owner out."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(Public):
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        request=RegisterSerializer,
        responses={201: RegisteredSerializer},
        tags=["auth"],
        operation_id="register",
    )
    def post(self, request: Request) -> Response:
        """Ask for a place in a clinic. The answer is the same whether or not the e-mail exists."""
        form = RegisterSerializer(data=_without_ceo(request.data))
        form.is_valid(raise_exception=True)
        values = form.validated_data
        clinic = Clinic.objects.filter(schema_name=values["clinic"], is_active=True).first()
        if clinic is None:
            raise Invalid({"clinic": ["No hay ninguna clínica con ese nombre."]})
        gatekeeper.register(**{**values, "clinic": clinic})
        answer = {
            "status": MembershipStatus.PENDING,
            "email": values["email"].lower(),
            "role": values["role"],
            "clinic": values["clinic"],
        }
        return Response(answer, status=status.HTTP_201_CREATED)


def _without_ceo(data: Any) -> Any:
    if isinstance(data, dict) and data.get("role") == Role.CEO:
        raise Invalid({"role": ["La dirección no se puede pedir por registro."]})
    return data


class LoginView(Public):
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        request=LoginSerializer, responses=LoggedInSerializer, tags=["auth"], operation_id="login"
    )
    def post(self, request: Request) -> Response:
        """Log in. Without `clinic`, in the one used last.

        An account with a second step answers `otp-required` to its right password alone. After
        failed attempts there are growing pauses: 429 with `Retry-After`.
        """
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        user = accounts.prove(
            email=values["email"],
            password=values["password"],
            address=address_of(request),
            code=values.get("otp", ""),
        )
        memberships = accounts.memberships_of(user)
        working = accounts.choose_membership(user, memberships, schema=values.get("clinic"))
        return Response(logged_in(user, working, memberships))


class RefreshView(Public):
    throttle_classes = ()

    @extend_schema(
        request=RefreshSerializer,
        responses=TokensSerializer,
        tags=["auth"],
        operation_id="refresh",
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token. One that comes twice ends the log-in it belongs to."""
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pair = tokens.rotate(form.validated_data["refresh"])
        return Response({"access": pair.access, "refresh": pair.refresh})


class LogoutView(Public):
    @extend_schema(
        request=LogoutSerializer, responses={204: None}, tags=["auth"], operation_id="logout"
    )
    def post(self, request: Request) -> Response:
        """End the log-in of the refresh token in the body, or else of the access token."""
        form = LogoutSerializer(data=request.data or {})
        form.is_valid(raise_exception=True)
        refresh = form.validated_data.get("refresh")
        scheme, _, access = request.headers.get("Authorization", "").partition(" ")
        if refresh:
            claims = tokens.read(refresh, tokens.REFRESH)
        elif scheme.lower() == "bearer":
            claims = tokens.read(access.strip(), tokens.ACCESS)
        else:
            raise TokenInvalid
        tokens.end_family(claims.family_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(ClinicAPIView):
    permission_classes = (IsMember,)

    @extend_schema(responses=UserSerializer, tags=["auth"], operation_id="me")
    def get(self, request: Request) -> Response:
        """Say who I am, in which clinic, and in which others I could work."""
        return Response(describe_caller(self.caller))


def describe_caller(caller: Caller) -> dict[str, Any]:
    memberships = accounts.memberships_of(User(pk=caller.user_id))
    working = next(one for one in memberships if one.pk == caller.membership_id)
    names = (caller.first_name, caller.last_name)
    return describe_user(caller.user_id, caller.email, names, working, memberships)


class SwitchClinicView(ClinicAPIView):
    permission_classes = (IsMember,)

    @extend_schema(
        request=SwitchSerializer,
        responses=LoggedInSerializer,
        tags=["auth"],
        operation_id="switch_clinic",
    )
    def post(self, request: Request) -> Response:
        """Go on in another clinic, with new tokens; those of the one before end."""
        form = SwitchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        caller = self.caller
        if caller.family_id is None:
            raise NotAllowed("Las páginas cambian de clínica desde su menú.")
        user = User.objects.get(pk=caller.user_id)
        memberships = accounts.memberships_of(user)
        working = accounts.choose_membership(
            user, memberships, schema=form.validated_data["clinic"]
        )
        answer = logged_in(user, working, memberships)
        tokens.end_family(caller.family_id)
        return Response(answer)
