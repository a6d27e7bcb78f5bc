"""A schema of a test's own, outside the clinics: patches are run in it and looked at."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from dentalogic.core.evolution.catalogue import Catalogue, differences, read_catalogue
from tests.evolution.rows import fill

RULES = {True: "clinics/0001_rules.sql", False: "core/0001_extensions.sql"}


@dataclass
class Seen:
    """What a schema is and holds at one moment."""

    catalogue: Catalogue
    rows: dict[str, list[dict[str, Any]]]


@dataclass
class Scratch:
    """A schema with its patches so far."""

    connection: psycopg.Connection[Any]
    schema: str
    tenant: uuid.UUID | None
    texts: list[str] = field(default_factory=list)

    def run(self, text: str) -> None:
        """Run a patch as the robot does: in a transaction, the clinic's id in a local setting."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if self.tenant is not None:
                cursor.execute(
                    "SELECT set_config('dentalogic.tenant_id', %s, true)", [str(self.tenant)]
                )
            cursor.execute(text.encode())

    def tables(self) -> list[str]:
        found = self.connection.execute(
            "SELECT relname::text FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = %s::regnamespace ORDER BY 1",
            [self.schema],
        )
        return [name for (name,) in found]

    def fill(self) -> None:
        """Put rows into every table that has none. References are checked at the end, together."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for table in self.tables():
                some = cursor.execute(
                    sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table))
                )
                if table != "retired" and some.rowcount == 0:
                    fill(cursor, table)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        found = {}
        for table in self.tables():
            rows = self.connection.execute(
                sql.SQL("SELECT to_jsonb(t) FROM {} t ORDER BY to_jsonb(t)::text").format(
                    sql.Identifier(table)
                )
            )
            found[table] = [row for (row,) in rows]
        return found

    def look(self) -> Seen:
        with self.connection.cursor() as cursor:
            catalogue = read_catalogue(cursor, [self.schema])[self.schema]
        return Seen(catalogue, self.rows())

    def must_be(self, before: Seen, when: str) -> None:
        now = self.look()
        assert differences(before.catalogue, now.catalogue) == [], when
        assert now.rows == before.rows, when

    def add(self, text: str, when: str) -> Seen:
        """Run a new patch, with rows around it, and again: the second time does nothing."""
        self.run(text)
        self.texts.append(text)
        self.fill()
        seen = self.look()
        self.run(text)
        self.must_be(seen, f"{when}, a second time")
        return seen

    def replay(self) -> None:
        """Run everything again in order, over the newest schema."""
        seen = self.look()
        for text in self.texts:
            self.run(text)
        self.must_be(seen, "replayed in order")


@contextmanager
def scratch_schema(*, tenant: bool) -> Iterator[Scratch]:
    """Make an empty schema, as a clinic's or as the shared one; drop it at the end."""
    schema = f"s{uuid.uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        name = sql.Identifier(schema)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        try:
            connection.execute(sql.SQL("SET search_path = {}, extensions").format(name))
            yield Scratch(connection, schema, uuid.uuid4() if tenant else None)
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))


def with_rules(scratch: Scratch) -> None:
    """Run the patch that the others of this side need."""
    rules = settings.SQL_DIR / RULES[scratch.tenant is not None]
    scratch.add(rules.read_text(encoding="utf-8"), rules.name)
