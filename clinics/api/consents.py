"""Consents: the texts, and who gave or withdrew theirs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import MomentField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import ConsentKind
from clinics.services import consents
from clinics.services.finding import find_patient
from clinics.tenancy.permissions import Can, Resource


class ConsentTextSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ConsentKind.choices)
    text_version = serializers.IntegerField()
    text = serializers.CharField()
    published_at = MomentField()
    published_by = serializers.UUIDField()


class NewConsentText(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ConsentKind.choices)
    text = serializers.CharField(max_length=20_000)


class ConsentTextFilter(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ConsentKind.choices, required=False)


class ConsentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    text_id = serializers.UUIDField()
    kind = serializers.ChoiceField(ConsentKind.choices, source="text.kind")
    text_version = serializers.IntegerField(source="text.text_version")
    given_at = MomentField()
    how = serializers.CharField()
    recorded_by = serializers.UUIDField(allow_null=True)
    withdrawn_at = MomentField(allow_null=True)
    withdrawn_by = serializers.UUIDField(allow_null=True)


class NewConsent(serializers.Serializer[Any]):
    text = serializers.UUIDField()
    how = serializers.CharField(max_length=60, help_text="Por ejemplo «firmado en papel».")


class ConsentTextsView(ResourceView):
    resource = Resource.CONSENT_TEXTS

    @extend_schema(
        parameters=[ConsentTextFilter, *list_parameters()],
        responses=page_schema(ConsentTextSerializer),
        tags=["privacy"],
        operation_id="list_consent_texts",
    )
    def get(self, request: Request) -> Response:
        """List the texts that patients consent to, the newest first."""
        rows = consents.text_rows().filter(**self.read_query(ConsentTextFilter))
        return Page(rows, request, order="-published_at").answer(ConsentTextSerializer)

    @extend_schema(
        request=NewConsentText,
        responses={201: ConsentTextSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="publish_consent_text",
    )
    def post(self, request: Request) -> Response:
        """Publish a wording: the next version of its kind. None is ever changed."""
        values = self.read_body(NewConsentText)
        row = self.run_once(
            "consent-texts",
            lambda: consents.publish_text(published_by=self.caller.user_id, **values),
            consents.find_text,
        )
        return Response(render(ConsentTextSerializer, row), status=status.HTTP_201_CREATED)


class PatientConsentsView(ResourceView):
    resource = Resource.CONSENTS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(ConsentSerializer),
        tags=["privacy"],
        operation_id="list_consents",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List what the patient consented to, withdrawn consents included, the latest first."""
        rows = consents.consents_of(find_patient(row_id))
        return Page(rows, request, order="-given_at").answer(ConsentSerializer)

    @extend_schema(
        request=NewConsent,
        responses={201: ConsentSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="give_consent",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Record a consent to the newest wording of a text."""
        values = self.read_body(NewConsent)
        row = self.run_once(
            f"patients/{row_id}/consents",
            lambda: consents.give_consent(
                patient_id=row_id,
                text_id=values["text"],
                how=values["how"],
                recorded_by=self.caller.user_id,
            ),
            consents.find_consent,
        )
        return Response(render(ConsentSerializer, row), status=status.HTTP_201_CREATED)


class WithdrawView(ResourceView):
    resource = Resource.CONSENTS
    actions = {"POST": Can.CHANGE}

    @extend_schema(
        request=None,
        responses=ConsentSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["privacy"],
        operation_id="withdraw_consent",
    )
    def post(self, request: Request, row_id: UUID, consent_id: UUID) -> Response:
        """Take a consent back, from now on."""
        row = self.run_once(
            f"patients/{row_id}/consents/{consent_id}/withdraw",
            lambda: consents.withdraw_consent(
                patient_id=row_id, consent_id=consent_id, withdrawn_by=self.caller.user_id
            ),
            consents.find_consent,
        )
        return Response(render(ConsentSerializer, row))
