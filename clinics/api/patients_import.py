"""Patients from a CSV file: tried first, then entered as a whole."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from clinics.api.base import IDEMPOTENCY_KEY, ResourceView
from clinics.services import importing
from clinics.services.import_reading import LARGEST_FILE, UnreadableFile
from clinics.tenancy.permissions import Can, Resource
from dentalogic.core.idempotency import once
from dentalogic.core.parsers import TooLarge

_ENVELOPE = 16 * 1024
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class OutcomeSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Como la numera la planilla; los títulos son la 1.")
    outcome = serializers.ChoiceField([importing.CREATED, importing.DUPLICATE, importing.ERROR])
    name = serializers.CharField()
    patient_id = serializers.UUIDField(allow_null=True)
    same_as_row = serializers.IntegerField(allow_null=True)
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField())
    )


class ImportReportSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    columns = serializers.ListField(child=serializers.CharField())
    ignored_columns = serializers.ListField(child=serializers.CharField())
    created = serializers.SerializerMethodField()
    duplicates = serializers.SerializerMethodField()
    wrong = serializers.SerializerMethodField()
    rows = OutcomeSerializer(many=True)

    def get_created(self, report: importing.Report) -> int:
        return report.count(importing.CREATED)

    def get_duplicates(self, report: importing.Report) -> int:
        return report.count(importing.DUPLICATE)

    def get_wrong(self, report: importing.Report) -> int:
        return report.count(importing.ERROR)


class ImportParameters(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Solo dice qué pasaría."
    )
    report = serializers.ChoiceField(
        ["json", "csv"],
        required=False,
        default="json",
        help_text="El informe, para abrir o guardar.",
    )


class ImportFile(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV en UTF-8, separado por ; o ,", max_length=200)


class ImportView(ResourceView):
    resource = Resource.PATIENTS
    actions = {"POST": Can.IMPORT}
    parser_classes = [MultiPartParser]

    @extend_schema(
        request={"multipart/form-data": ImportFile},
        parameters=[ImportParameters, IDEMPOTENCY_KEY],
        responses={200: ImportReportSerializer, 201: ImportReportSerializer},
        tags=["patients"],
        operation_id="import_patients",
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter the people of a CSV file, all or none; with `dry_run`, say what would happen."""
        query = self.read_query(ImportParameters)
        content = self._content(request)
        if query["dry_run"]:
            report = importing.try_import(content)
        else:
            import_id, _ = once(
                user_id=self.caller.user_id,
                route="patients/import",
                key=self.idempotency_key,
                body={"sha256": hashlib.sha256(content).hexdigest()},
                work=lambda: self._import(content),
            )
            report = importing.report_import(content, import_id)
        code = status.HTTP_200_OK if query["dry_run"] else status.HTTP_201_CREATED
        if query["report"] == "csv":
            return _csv(report, code)
        return Response(ImportReportSerializer(report).data, status=code)

    def _import(self, content: bytes) -> UUID:
        return importing.import_patients(content=content, recorded_by=self.caller.user_id)

    def _content(self, request: Request) -> bytes:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Before anything of it is read or kept.
        if not length.isdigit() or int(length) > LARGEST_FILE + _ENVELOPE:
            raise TooLarge
        uploaded = self.read_body(ImportFile)["file"]
        if uploaded.size > LARGEST_FILE:
            raise TooLarge
        content: bytes = uploaded.read()
        if not content:
            raise UnreadableFile("El archivo está vacío.")
        return content


def _csv(report: importing.Report, code: int) -> HttpResponse:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, delimiter=";")
    writer.writerow(["fila", "resultado", "nombre", "paciente", "igual a la fila", "errores"])
    for row in report.rows:
        errors = "; ".join(f"{name}: {' '.join(said)}" for name, said in row.errors.items())
        cells = [row.row, row.outcome, row.name, row.patient_id, row.same_as_row, errors]
        writer.writerow([_safe("" if cell is None else str(cell)) for cell in cells])
    # The mark is what makes Excel read UTF-8.
    response = HttpResponse(
        "\ufeff" + lines.getvalue(), status=code, content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="importacion.csv"'
    return response


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet runs: somebody else wrote the file."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
