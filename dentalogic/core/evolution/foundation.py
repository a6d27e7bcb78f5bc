"""The schema that all patches together give, as one text: a new clinic does not replay history.

`manage.py makefoundation` writes it. A line of its head names each step that is in it; steps that
came later are applied on top, so that a foundation nobody made anew is slow and never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from dentalogic.core.evolution.steps import Step

TENANT_TOKEN = "{tenant_id}"  # noqa: S105 -- stands in the text for the clinic's id
# Where it is made and proved. No clinic may be called so.
SCRATCH_SCHEMAS = ("foundation_scratch", "foundation_proof")
FILE = "001_schema.sql"
REMAKE = "run `manage.py makefoundation` and commit what it writes"
_HEAD = re.compile(r"^-- step (\S+) ([0-9a-f]{64})$", re.M)


@dataclass(frozen=True, slots=True)
class Foundation:
    """The text of `migrations_sql/foundation/` and the steps it came from, with their checksums."""

    text: str
    steps: tuple[tuple[str, str], ...]

    def later(self, steps: Sequence[Step]) -> list[Step] | None:
        """Return the steps that are not in it; None when one that is in it has changed or gone."""
        known = {step.label: step.checksum for step in steps}
        if not self.steps or any(known.get(label) != checksum for label, checksum in self.steps):
            return None
        had = {label for label, _ in self.steps}
        return [step for step in steps if step.label not in had]


def folder() -> Path:
    path: Path = settings.SQL_DIR / "foundation"
    return path


def head(steps: Sequence[Step]) -> str:
    """Return the lines that name the steps a foundation came from."""
    return "".join(f"-- step {step.label} {step.checksum}\n" for step in steps)


def parse(text: str) -> Foundation:
    return Foundation(text, tuple(_HEAD.findall(text.partition("\n\n")[0])))


@cache
def read_foundation() -> Foundation | None:
    """Read the committed files, in the order of their numbers; None where there are none."""
    files = sorted(folder().glob("[0-9]*.sql"))
    if not files:
        return None
    return parse("\n".join(file.read_text(encoding="utf-8") for file in files))


def lay(cursor: Any, foundation: Foundation, tenant_id: UUID) -> None:
    """Run the text in the schema that the search path names first, stamped with the clinic's id.

    One round trip. The schema has to be empty and the search path the clinic's.
    """
    # Functions come before the tables that they read; the patches have checked their bodies.
    cursor.execute("SELECT set_config('check_function_bodies', 'off', true)")
    cursor.execute(foundation.text.replace(TENANT_TOKEN, str(UUID(str(tenant_id)))))
    cursor.execute("SELECT set_config('check_function_bodies', 'on', true)")
