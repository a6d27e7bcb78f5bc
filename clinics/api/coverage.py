"""Insurers' plans, what they cover here, and on what terms: the staff reads, the CEO writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView, render
from clinics.api.fields import VersionField
from clinics.api.money import PriceField
from clinics.api.paging import Page, list_parameters, page_schema
from clinics.models import Coverage, Insurer, InsurerPlan, Professional, Treatment
from clinics.services import coverage
from clinics.services.catalog import get_or_refuse
from clinics.tenancy.permissions import Resource
from dentalogic.core.errors import NotFound


class PercentField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, min_value=0, max_value=100, **kwargs)


class InsurerPlanSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    insurer_id = serializers.UUIDField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


class NewInsurerPlan(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    is_active = serializers.BooleanField(required=False, default=True)


class InsurerPlanChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    is_active = serializers.BooleanField(required=False)


class CoverageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    insurer_id = serializers.UUIDField()
    plan_id = serializers.UUIDField(allow_null=True)
    professional_id = serializers.UUIDField(allow_null=True)
    treatment_id = serializers.UUIDField(allow_null=True)
    accepted = serializers.BooleanField()
    needs_authorisation = serializers.BooleanField()
    authorisation_note = serializers.CharField()
    copay_amount = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    copay_percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    version = serializers.IntegerField()


class _TermsFields(serializers.Serializer[Any]):
    accepted = serializers.BooleanField(required=False)
    needs_authorisation = serializers.BooleanField(required=False)
    authorisation_note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    copay_amount = PriceField(required=False, allow_null=True)
    copay_percent = PercentField(required=False, allow_null=True)


class NewCoverage(_TermsFields):
    insurer = serializers.UUIDField()
    plan = serializers.UUIDField(required=False, allow_null=True, help_text="Vacío: cualquiera.")
    professional = serializers.UUIDField(required=False, allow_null=True)
    treatment = serializers.UUIDField(required=False, allow_null=True)


class CoverageChange(_TermsFields):
    version = VersionField()


class CoverageFilter(serializers.Serializer[Any]):
    insurer = serializers.UUIDField(required=False)
    plan = serializers.UUIDField(required=False)
    professional = serializers.UUIDField(required=False)
    treatment = serializers.UUIDField(required=False)


class TermsQuestion(serializers.Serializer[Any]):
    insurer = serializers.UUIDField()
    plan = serializers.UUIDField(required=False)
    professional = serializers.UUIDField(required=False)
    treatment = serializers.UUIDField()


class TermsSerializer(serializers.Serializer[Any]):
    accepted = serializers.BooleanField()
    needs_authorisation = serializers.BooleanField()
    authorisation_note = serializers.CharField()
    price = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    patient_pays = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, help_text="Vacío: no se sabe."
    )
    insurer_pays = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    rule = serializers.UUIDField(allow_null=True, help_text="La regla más exacta que aplica.")


class InsurerPlansView(ResourceView):
    resource = Resource.INSURERS

    @extend_schema(
        parameters=list_parameters(),
        responses=page_schema(InsurerPlanSerializer),
        tags=["coverage"],
        operation_id="list_insurer_plans",
    )
    def get(self, request: Request, row_id: UUID) -> Response:
        """List the plans of an obra social, by name."""
        get_or_refuse(Insurer, row_id)
        rows = InsurerPlan.objects.filter(insurer_id=row_id)
        return Page(rows, request, order="name_key").answer(InsurerPlanSerializer)

    @extend_schema(
        request=NewInsurerPlan,
        responses={201: InsurerPlanSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["coverage"],
        operation_id="add_insurer_plan",
    )
    def post(self, request: Request, row_id: UUID) -> Response:
        """Add a plan of an obra social."""
        values = self.read_body(NewInsurerPlan)
        row = self.run_once(
            f"insurers/{row_id}/plans",
            lambda: coverage.add_insurer_plan(insurer_id=row_id, **values),
            lambda made: get_or_refuse(InsurerPlan, made),
        )
        return Response(render(InsurerPlanSerializer, row), status=status.HTTP_201_CREATED)


class InsurerPlanView(ResourceView):
    resource = Resource.INSURERS

    @extend_schema(
        responses=InsurerPlanSerializer, tags=["coverage"], operation_id="get_insurer_plan"
    )
    def get(self, request: Request, row_id: UUID, plan_id: UUID) -> Response:
        """Show a plan of an obra social."""
        row = InsurerPlan.objects.filter(pk=plan_id, insurer_id=row_id).first()
        if row is None:
            raise NotFound
        return Response(render(InsurerPlanSerializer, row))

    @extend_schema(
        request=InsurerPlanChange,
        responses=InsurerPlanSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["coverage"],
        operation_id="change_insurer_plan",
    )
    def patch(self, request: Request, row_id: UUID, plan_id: UUID) -> Response:
        """Rename a plan, or stop taking it."""
        values = self.read_body(InsurerPlanChange)
        row = self.run_once(
            f"insurers/{row_id}/plans/{plan_id}",
            lambda: coverage.change_insurer_plan(insurer_id=row_id, plan_id=plan_id, **values),
            lambda done: get_or_refuse(InsurerPlan, done),
        )
        return Response(render(InsurerPlanSerializer, row))


class CoveragesView(ResourceView):
    resource = Resource.COVERAGES

    @extend_schema(
        parameters=[CoverageFilter, *list_parameters()],
        responses=page_schema(CoverageSerializer),
        tags=["coverage"],
        operation_id="list_coverages",
    )
    def get(self, request: Request) -> Response:
        """List the rules; an empty plan, professional or treatment stands for any."""
        query = self.read_query(CoverageFilter)
        rows = Coverage.objects.filter(**{f"{name}_id": value for name, value in query.items()})
        return Page(rows, request, order="id").answer(CoverageSerializer)

    @extend_schema(
        request=NewCoverage,
        responses={201: CoverageSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["coverage"],
        operation_id="add_coverage",
    )
    def post(self, request: Request) -> Response:
        """Add a rule."""
        values = self.read_body(NewCoverage)
        for name in ("insurer", "plan", "professional", "treatment"):
            values[f"{name}_id"] = values.pop(name, None)
        row = self.run_once(
            "coverages",
            lambda: coverage.add_coverage(**values),
            lambda made: get_or_refuse(Coverage, made),
        )
        return Response(render(CoverageSerializer, row), status=status.HTTP_201_CREATED)


class CoverageView(ResourceView):
    resource = Resource.COVERAGES

    @extend_schema(responses=CoverageSerializer, tags=["coverage"], operation_id="get_coverage")
    def get(self, request: Request, row_id: UUID) -> Response:
        """Show a rule."""
        return Response(render(CoverageSerializer, get_or_refuse(Coverage, row_id)))

    @extend_schema(
        request=CoverageChange,
        responses=CoverageSerializer,
        parameters=[IDEMPOTENCY_KEY],
        tags=["coverage"],
        operation_id="change_coverage",
    )
    def patch(self, request: Request, row_id: UUID) -> Response:
        """Change the terms of a rule."""
        values = self.read_body(CoverageChange)
        row = self.run_once(
            f"coverages/{row_id}",
            lambda: coverage.change_coverage(coverage_id=row_id, **values),
            lambda done: get_or_refuse(Coverage, done),
        )
        return Response(render(CoverageSerializer, row))

    @extend_schema(
        responses={204: None},
        parameters=[IDEMPOTENCY_KEY],
        tags=["coverage"],
        operation_id="remove_coverage",
    )
    def delete(self, request: Request, row_id: UUID) -> Response:
        """Take a rule back."""
        self.do_once(
            f"coverages/{row_id}/remove", lambda: coverage.remove_coverage(coverage_id=row_id)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class TermsView(ResourceView):
    resource = Resource.COVERAGES

    @extend_schema(
        parameters=[TermsQuestion],
        responses=TermsSerializer,
        tags=["coverage"],
        operation_id="get_terms",
    )
    def get(self, request: Request) -> Response:
        """Say whether a treatment is taken, with what authorisation, and what the patient pays."""
        asked = self.read_query(TermsQuestion)
        insurer = get_or_refuse(Insurer, asked["insurer"])
        treatment = get_or_refuse(Treatment, asked["treatment"])
        plan = self._plan(insurer, asked.get("plan"))
        who = asked.get("professional")
        terms = coverage.terms_for(
            insurer=insurer,
            plan=plan,
            professional=None if who is None else get_or_refuse(Professional, who),
            treatment=treatment,
        )
        price: Decimal | None = treatment.price
        answer = {
            "accepted": terms.accepted,
            "needs_authorisation": terms.needs_authorisation,
            "authorisation_note": terms.authorisation_note,
            "price": price,
            "patient_pays": terms.patient_pays(price),
            "insurer_pays": None,
            "rule": terms.rule,
        }
        if price is not None and answer["patient_pays"] is not None:
            answer["insurer_pays"] = terms.insurer_pays(price)
        return Response(render(TermsSerializer, answer))

    def _plan(self, insurer: Insurer, plan_id: UUID | None) -> InsurerPlan | None:
        if plan_id is None:
            return None
        plan = InsurerPlan.objects.filter(pk=plan_id, insurer=insurer).first()
        if plan is None:
            raise NotFound
        return plan
