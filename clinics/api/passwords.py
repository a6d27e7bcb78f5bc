"""Changing a password, and setting one that was forgotten."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.auth import PasswordField, Public
from clinics.tenancy import passwords
from clinics.tenancy.models import User
from clinics.tenancy.permissions import IsMember
from clinics.tenancy.sessions import keep_session
from clinics.tenancy.throttles import AddressThrottle, address_of
from clinics.tenancy.views import ClinicAPIView


class ChangePasswordSerializer(serializers.Serializer[Any]):
    current_password = PasswordField()
    new_password = PasswordField()


class ForgottenSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)


class SetPasswordSerializer(serializers.Serializer[Any]):
    uid = serializers.CharField(max_length=64)
    token = serializers.CharField(max_length=64)
    password = PasswordField()


class PasswordView(ClinicAPIView):
    permission_classes = (IsMember,)
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        request=ChangePasswordSerializer,
        responses={204: None},
        tags=["auth"],
        operation_id="change_password",
    )
    def post(self, request: Request) -> Response:
        """Change the own password. Every other log-in of the person ends, in all their clinics."""
        form = ChangePasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = User.objects.get(pk=self.caller.user_id)
        passwords.change(
            user=user,
            current=form.validated_data["current_password"],
            new=form.validated_data["new_password"],
            address=address_of(request),
            keep_family=self.caller.family_id,
        )
        if self.caller.family_id is None:
            keep_session(request._request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ForgottenView(Public):
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        request=ForgottenSerializer,
        responses={202: None},
        tags=["auth"],
        operation_id="forgot_password",
    )
    def post(self, request: Request) -> Response:
        """Ask for a link by mail. The answer is the same whether or not the e-mail exists."""
        form = ForgottenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        passwords.ask_for_link(form.validated_data["email"])
        return Response(status=status.HTTP_202_ACCEPTED)


class SetPasswordView(Public):
    throttle_classes = (AddressThrottle,)

    @extend_schema(
        request=SetPasswordSerializer,
        responses={204: None},
        tags=["auth"],
        operation_id="set_password",
    )
    def post(self, request: Request) -> Response:
        """Set a password by the two parts of a mailed link, once. It logs nobody in."""
        form = SetPasswordSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        passwords.set_by_link(**form.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)
