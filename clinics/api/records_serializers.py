"""What the clinical records take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.api.fields import MomentField
from clinics.models import RecordKind
from clinics.services.records.writing import LONGEST_TEXT

WRITTEN = [choice for choice in RecordKind.choices if choice[0] != RecordKind.ADDENDUM]


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(serializers.JSONField):
    """A JSON object; what stands in it is checked by the service that knows its kind."""

    default_error_messages = {"object": "Debe ser un objeto."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("object")
        return data


class AttachmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    record_id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = MomentField()


class RecordSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient_id = serializers.UUIDField()
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(RecordKind.choices)
    addendum_to = serializers.UUIDField(source="addendum_to_id", allow_null=True)
    text = serializers.CharField()
    content = ObjectField()
    signed_at = MomentField()
    signed_as = serializers.CharField()
    professional_id = serializers.UUIDField()
    appointment_id = serializers.UUIDField(allow_null=True)
    attachments = AttachmentSerializer(many=True, source="attachments.all")
    previous_hash = serializers.CharField()
    hash = serializers.CharField()


class Reason(serializers.Serializer[Any]):
    why = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Por qué se lee la historia clínica; queda anotado.",
    )


class RecordSearch(Reason):
    kind = serializers.ChoiceField(RecordKind.choices, required=False)


class NewRecord(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(WRITTEN)
    text = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_blank=True, default=""
    )
    content = ObjectField(
        required=False,
        help_text="Odontograma: `{version, teeth, notes}`. Anamnesis: `{version, allergies, …}`.",
    )
    appointment = serializers.UUIDField(required=False, allow_null=True)


class NewAddendum(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_TEXT)


class NewAttachment(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True, max_length=1000)
    text = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_blank=True, default=""
    )


class OdontogramSerializer(serializers.Serializer[Any]):
    record = serializers.UUIDField(allow_null=True)
    signed_at = MomentField(allow_null=True)
    signed_as = serializers.CharField()
    odontogram = ObjectField()


class DiffParameters(Reason):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is a word of the language.
        ids = {name: serializers.UUIDField(required=False) for name in ("from", "to")}
        return {**super().get_fields(), **ids}


class OdontogramChangeSerializer(serializers.Serializer[Any]):
    tooth = serializers.IntegerField()
    face = serializers.CharField(allow_null=True)
    finding = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class OdontogramVisitSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    signed_at = MomentField()
    signed_as = serializers.CharField()


class OdontogramDiffSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "from": OdontogramVisitSerializer(allow_null=True),
            "to": OdontogramVisitSerializer(),
            "changes": OdontogramChangeSerializer(many=True),
        }


class ReadSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = MomentField()
    user_id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()
    record_id = serializers.UUIDField(allow_null=True)
