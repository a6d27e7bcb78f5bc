"""Which states the patches before left, and so what the present ones are called.

A state that is left is retired under its name: `patients.nick` for a column, `patients.dni
varchar(20)` for its type. The second column of that name is `patients.nick#2`, so that the
retirement of the first does not stop it, and a replay of the first's patches does not touch it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

_RETIRES = re.compile(
    r"INSERT\s+INTO\s+retired\s*\(kind,\s*name\)\s*VALUES\s*\(\s*'(\w+)'\s*,\s*'((?:[^']|'')*)'\s*\)"
)


class History:
    """Counts the retirements by kind and name."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    @classmethod
    def read(cls, folder: Path, apps: Collection[str]) -> History:
        """Read what the patch files of some apps retire."""
        history = cls()
        for app in apps:
            for path in sorted((folder / app).glob("*.sql")):
                history.add_text(path.read_text(encoding="utf-8"))
        return history

    def add_text(self, text: str) -> None:
        for kind, name in retirements(text):
            self.counts[kind, re.sub(r"#\d+$", "", name)] += 1

    def present(self, kind: str, base: str) -> str:
        """Return the name of the state that holds now."""
        left = self.counts[kind, base]
        return f"{base}#{left + 1}" if left else base

    def retire(self, kind: str, base: str) -> str:
        """Count the present state as left, and return its name."""
        name = self.present(kind, base)
        self.counts[kind, base] += 1
        return name

    def table(self, table: str) -> str:
        return self.present("table", table)

    def column(self, table: str, column: str) -> str:
        return self.present("column", f"{self.table(table)}.{column}")


def retirements(text: str) -> list[tuple[str, str]]:
    """Return the kinds and names that a patch retires, in its order."""
    return [(kind, name.replace("''", "'")) for kind, name in _RETIRES.findall(text)]
