"""What the patches are: their order and their checksums, read from files, without a database.

Migrations of the tenant apps hold SQL patches and nothing else, so the graph gives an order and
the files give the work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from dentalogic.core.sqlpatch import SqlPatch

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Step:
    """One migration and the patches in it."""

    app: str
    name: str
    patches: tuple[SqlPatch, ...]

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.name

    @property
    def checksum(self) -> str:
        """The patch's own checksum where there is one patch, as in `released.txt`."""
        checksums = [patch.checksum for patch in self.patches]
        if len(checksums) == 1:
            return checksums[0]
        return hashlib.sha256("".join(checksums).encode()).hexdigest()

    @property
    def contracts(self) -> bool:
        return any(patch.contracts for patch in self.patches)


class NotAPatch(TypeError):
    """A migration of a tenant app holds something other than a SQL patch."""


@cache
def _loader() -> MigrationLoader:
    return MigrationLoader(None, ignore_no_migrations=True)


@cache
def _order() -> tuple[tuple[str, str], ...]:
    graph = _loader().graph
    # A dict, for its order: each node once, after everything that it depends on.
    order: dict[tuple[str, str], None] = {}
    for target in sorted(graph.leaf_nodes()):
        order.update(dict.fromkeys(graph.forwards_plan(target)))
    return tuple(order)


def tenant_labels() -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}


@cache
def tenant_steps() -> tuple[Step, ...]:
    """Return every migration of the tenant apps, in an order that respects the dependencies."""
    labels = tenant_labels()
    steps = []
    for app, name in _order():
        if app not in labels:
            continue
        operations = _loader().graph.nodes[app, name].operations
        if not all(isinstance(operation, SqlPatch) for operation in operations):
            raise NotAPatch(f"{app}.{name} may hold SqlPatch operations only")
        steps.append(Step(app, name, tuple(operations)))
    return tuple(steps)


@cache
def public_steps() -> tuple[Step, ...]:
    """Return the migrations of ours that make the shared tables."""
    labels = tenant_labels()
    steps = []
    for app, name in _order():
        operations = _loader().graph.nodes[app, name].operations
        patches = tuple(one for one in operations if isinstance(one, SqlPatch))
        if patches and app not in labels:
            steps.append(Step(app, name, patches))
    return tuple(steps)


def up_to_contract(steps: Sequence[Step], done: Set[tuple[str, str]]) -> tuple[Step, ...]:
    """Return the steps that come before the first contract step that is not done yet.

    What follows a contract step may build on it, so it waits with it.
    """
    return tuple(takewhile(lambda step: not step.contracts or step.key in done, steps))


@cache
def public_migrations() -> frozenset[tuple[str, str]]:
    """Return every migration that `public` needs: ours and those of the apps we use."""
    labels = tenant_labels()
    return frozenset(node for node in _order() if node[0] not in labels)


def fingerprint(steps: Sequence[Step] | None = None) -> str:
    """Name a set of steps: their order, names and contents. Equal = nothing to apply."""
    digest = hashlib.sha256()
    for step in tenant_steps() if steps is None else steps:
        digest.update(f"{step.app}.{step.name}={step.checksum}\n".encode())
    return digest.hexdigest()
