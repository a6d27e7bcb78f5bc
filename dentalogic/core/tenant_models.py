"""What the tables of a clinic share: a UUID key, `tenant_id`, a filter that can't be left out."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models.expressions import Col, Expression
from django.db.models.lookups import Exact
from django.db.models.sql.where import WhereNode

from dentalogic.core.tenancy import current_scope

M = TypeVar("M", bound=models.Model)


class CurrentTenant(Expression):
    """The id of the clinic in scope, read when the statement is compiled.

    Querysets are built at import time (DRF, forms, the admin); a value read then would bake one
    clinic in, or none. Compiling outside a scope raises `NoClinic`.
    """

    def __init__(self) -> None:
        super().__init__(output_field=models.UUIDField())

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (current_scope().tenant_id,)


class TenantIdField(models.UUIDField):  # type: ignore[type-arg]  # no generic at run time
    """The clinic that a row belongs to: filled from the scope, never from a caller."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(**kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        tenant_id = current_scope().tenant_id
        present = getattr(model_instance, self.attname)
        if present is None:
            setattr(model_instance, self.attname, tenant_id)
        elif present != tenant_id:
            raise ForeignRow(f"{model_instance._meta.label} belongs to another clinic")
        return tenant_id


class ForeignRow(RuntimeError):
    """A row of one clinic was about to be written in another's scope."""


class TenantQuerySet(models.QuerySet[M]):
    """Rows of the clinic in scope."""

    def get_for_update(self, **lookup: Any) -> M:
        """Fetch one row and lock it against other writers (not against new references)."""
        return self.select_for_update(no_key=True, of=("self",)).get(**lookup)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows in one statement that names the clinic. Nothing cascades.

        Django's own collects the keys first and deletes by them alone.
        """
        deleted = self._of_one_table()._raw_delete(self.db)
        return deleted, {self.model._meta.label: deleted}

    delete.alters_data = True  # type: ignore[attr-defined]  # for templates
    delete.queryset_only = True  # type: ignore[attr-defined]  # a manager has none

    def update(self, **values: Any) -> int:
        """Change the rows in one statement that names the clinic, joins or not."""
        rows = self._of_one_table()
        return super().update(**values) if rows is self else rows.update(**values)

    update.alters_data = True  # type: ignore[attr-defined]  # for templates

    def _of_one_table(self) -> TenantQuerySet[M]:
        """Put joins into a subquery: Django would write to the keys that it finds, and no more."""
        if sum(count > 0 for count in self.query.alias_refcount.values()) < 2:  # noqa: PLR2004
            return self
        rows = TenantQuerySet[M](self.model, using=self.db)
        return rows.filter(tenant_id=CurrentTenant(), pk__in=self.values("pk"))


class TenantManager(models.Manager[M]):
    """Adds `tenant_id = <scope>` to everything that starts from it."""

    def get_queryset(self) -> TenantQuerySet[M]:
        return TenantQuerySet[M](self.model, using=self._db).filter(tenant_id=CurrentTenant())

    @classmethod
    def of(cls, queryset: type[models.QuerySet[Any]]) -> Any:
        """Build a manager whose querysets are of the given class, filtered all the same."""

        class Filtered(cls.from_queryset(queryset)):  # type: ignore[misc]
            def get_queryset(self) -> Any:
                return queryset(self.model, using=self._db).filter(tenant_id=CurrentTenant())

        return Filtered()

    def for_update(self) -> TenantQuerySet[M]:
        return self.get_queryset().select_for_update(no_key=True, of=("self",))


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference inside a clinic: its joins carry tenant equality besides the key."""

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        field: Any = self.model._meta.get_field("tenant_id")
        known = [Col(name, field) for name in (alias, related_alias) if name is not None]
        right = known[1] if len(known) > 1 else CurrentTenant()
        equal: Any = Exact(known[0], right)
        return WhereNode([equal])


class TenantModel(models.Model):
    """Base of every model of a clinic. Services say how rows go, never `delete()`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = TenantIdField()

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        # Ids only: the admin's log and tracebacks print this, and names are personal data.
        return f"{self._meta.model_name} {self.pk}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete this row as `TenantQuerySet.delete` does."""
        return type(self)._base_manager.filter(pk=self.pk).delete()
