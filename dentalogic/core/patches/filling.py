"""The value that the rows get which are there before a column is, or which held NULL."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import connection, models

from dentalogic.core.patches.describing import Column
from dentalogic.core.patches.refusing import CannotGuard

ADVICE = "give db_default or make it nullable first"


def fill_value(table: str, column: Column) -> str:
    """Return the field's default as SQL; refuse one that is missing or computed."""
    source = column.source
    where = f"{table}.{column.name}"
    editor: Any = connection.schema_editor(collect_sql=True, atomic=False)
    if isinstance(source, models.ForeignKey) or getattr(source, "primary_key", False):
        raise CannotGuard(f"{where} is NOT NULL and refers to other rows: {ADVICE}")
    computed = getattr(source, "auto_now", False) or getattr(source, "auto_now_add", False)
    plain = None if computed else editor._effective_default(source)
    if plain is None and not computed:
        raise CannotGuard(
            f"{where} is NOT NULL and has no default: the rows that are there would have no value:"
            f" {ADVICE}"
        )
    value = None if computed else source.get_db_prep_save(plain, connection)
    again = (
        None if computed else source.get_db_prep_save(editor._effective_default(source), connection)
    )
    quoted = [editor.quote_value(one) for one in (value, again)]
    moving = callable(source.default) and isinstance(plain, dt.date | dt.time | uuid.UUID)
    if computed or moving or quoted[0] != quoted[1]:
        raise CannotGuard(
            f"{where}: its default is computed anew for each row, a patch can't hold it: {ADVICE}"
        )
    return str(quoted[0])
