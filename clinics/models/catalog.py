"""What a clinic offers: treatments, chairs, insurers, and when it is closed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from dentalogic.core.clock import real_now
from dentalogic.core.tenant_models import TenantModel


class Treatment(TenantModel):
    """A service with its duration. `urgent` ones may use the reserved urgent capacity."""

    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=200, editable=False)
    minutes = models.IntegerField()
    urgent = models.BooleanField(default=False)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    price_public = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    class Meta(TenantModel.Meta):
        db_table = "treatments"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="treatment_code_once"),
            models.CheckConstraint(
                name="treatment_minutes_sane", condition=Q(minutes__gte=5, minutes__lte=480)
            ),
        ]


class Chair(TenantModel):
    """A dental chair. A clinic without chairs books by professional alone."""

    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        db_table = "chairs"
        constraints = [models.UniqueConstraint(fields=["name"], name="chair_name_once")]


class Insurer(TenantModel):
    """An obra social or prepaga that the clinic works with."""

    name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=200, editable=False)
    # Other ways in which patients write it.
    synonyms = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        db_table = "insurers"
        constraints = [models.UniqueConstraint(fields=["name_key"], name="insurer_once")]


class Closure(TenantModel):
    """Days on which the whole clinic is closed; or, with `opens`, holidays on which it works."""

    starts_on = models.DateField()
    ends_on = models.DateField()
    name = models.CharField(max_length=80)
    opens = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "closures"
        constraints = [
            models.CheckConstraint(
                name="closure_ends_after_start", condition=Q(ends_on__gte=F("starts_on"))
            )
        ]
        indexes = [models.Index(fields=["ends_on"], name="closure_upcoming")]
