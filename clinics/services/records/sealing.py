"""Sealing the heads of the charts again, when the key that encrypts is changed."""

from __future__ import annotations

from django.db import transaction

from clinics.models import RecordHead
from clinics.services.records.chain import is_sealed, seal_of


def seal_again() -> int:
    """Seal every head of the clinic with the first key; how many had another one's seal.

    A seal that none of the keys made stays as it is: it is a finding.
    """
    sealed = 0
    for head_id in list(RecordHead.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            head = RecordHead.objects.for_update().get(pk=head_id)
            if is_sealed(head) and head.seal != seal_of(head):
                head.seal = seal_of(head)
                head.save()
                sealed += 1
    return sealed
