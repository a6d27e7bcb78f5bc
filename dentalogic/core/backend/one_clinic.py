"""One transaction touches one clinic and `public`, never two clinics.

Two clinics may live on two servers one day, and a transaction can't span those.
"""

from __future__ import annotations

from typing import Any


class TwoClinics(RuntimeError):
    """A transaction that had touched one clinic was about to touch another."""


class OneClinic:
    """Remember which clinic the running transaction belongs to.

    A test's own transaction, which is never committed, may see several clinics; each block that
    the code under test opens inside it counts as a transaction.
    """

    def __init__(self) -> None:
        self._number = 0
        self._seen: tuple[object, str] | None = None

    def begin_anew(self) -> None:
        """Say that a transaction began or ended."""
        self._number += 1

    def touch(self, wrapper: Any, schema: str) -> None:
        """Note a statement for a clinic. Raises `TwoClinics`, and then nothing was executed."""
        transaction = self._transaction(wrapper)
        if transaction is None:
            return
        if self._seen is None or self._seen[0] != transaction:
            self._seen = (transaction, schema)
        elif self._seen[1] != schema:
            raise TwoClinics("a transaction touches one clinic: commit before entering the next")

    def _transaction(self, wrapper: Any) -> object:
        blocks = wrapper.atomic_blocks
        for depth, block in enumerate(blocks):
            if not block._from_testcase:
                if depth == 0:
                    return self._number
                # The savepoint's name, which is never used twice within one transaction.
                return wrapper.savepoint_ids[depth - 1]
        return None
