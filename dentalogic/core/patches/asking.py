"""The autodetector's questions, answered by flags; what no flag answers is never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from dentalogic.core.patches.filling import ADVICE
from dentalogic.core.patches.refusing import CannotGuard, Unclear


class FlagQuestioner(MigrationQuestioner):
    """Answers from `--rename patients.nick=alias` and `--rename Patient=Person`."""

    def __init__(self, app: str, before: ProjectState, renames: Iterable[str]) -> None:
        super().__init__(specified_apps={app}, dry_run=True)
        self.before = before
        self.app = app
        self.renames: dict[tuple[str, str], str] = {}
        self.used: set[tuple[str, str]] = set()
        self.troubles: list[str] = []
        for flag in renames:
            old, sign, new = flag.partition("=")
            table, _, column = old.rpartition(".")
            if not (sign and old and new) or "." in new:
                raise Unclear(f"--rename {flag}: write table.column=new_column or Model=NewModel")
            self.renames[table.lower(), column.lower()] = new.lower()

    def names_of(self, model_name: str) -> set[str]:
        """Return what a model may be called in a flag: itself, or its table."""
        state = self.before.models.get((self.app, model_name.lower()))
        table = state.options.get("db_table", "") if state else ""
        return {model_name.lower(), table.lower()} - {""}

    def ask_rename(
        self, model_name: str, old_name: str, new_name: str, field_instance: Any
    ) -> bool:
        return any(self._says(one, old_name, new_name) for one in self.names_of(model_name))

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        new = {new_model_state.name.lower(), new_model_state.options.get("db_table", "").lower()}
        return any(
            self._says("", one, wanted)
            for one in self.names_of(old_model_state.name)
            for wanted in new
        )

    def _says(self, table: str, old: str, new: str) -> bool:
        key = (table, old.lower())
        if self.renames.get(key) != new.lower():
            return False
        self.used.add(key)
        return True

    def refuse_unused(self) -> None:
        for key in self.renames.keys() - self.used:
            old = ".".join(filter(None, key))
            raise Unclear(
                f"--rename {old}={self.renames[key]}: nothing was renamed so. Both must be of this"
                " app, and alike but for the name: change the rest in a patch after it."
            )

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return self._trouble(
            f"{model_name}.{field_name} is NOT NULL and has no default: the rows that are there"
            f" would have no value: {ADVICE}"
        )

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        return self._trouble(
            f"{model_name}.{field_name} becomes NOT NULL and has no default for the rows that hold"
            " NULL: give it one (default or db_default), or write by hand a patch that fills the"
            " column and sets NOT NULL, with the model state beside it"
        )

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        return self._trouble(
            f"{model_name}.{field_name}: its default is computed anew for each row, a patch can't"
            f" hold it: {ADVICE} (db_default=Now())"
        )

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> Any:
        return self._trouble(
            f"{model_name}.{field_name} is unique and its default is computed for each row:"
            " make it nullable first, fill it by a patch, then make it NOT NULL"
        )

    def _trouble(self, words: str) -> Any:
        """Keep what has no answer: a rename that was not said is often the reason for it."""
        self.troubles.append(words)
        return models.NOT_PROVIDED

    def refuse_troubles(self) -> None:
        if self.troubles:
            raise CannotGuard(self.troubles[0])


def refuse_guesses(
    operations: Sequence[Operation], questioner: FlagQuestioner, drops: Iterable[str]
) -> None:
    """Refuse a loss beside a gain of the same kind, unless a flag says that it is meant as one."""
    meant = {drop.lower() for drop in drops}
    unused = set(meant)

    def is_meant(names: Iterable[str]) -> bool:
        said = meant & set(names)
        unused.difference_update(said)
        return bool(said)

    created = [one.name for one in operations if isinstance(one, ops.CreateModel)]
    for one in operations:
        if isinstance(one, ops.DeleteModel):
            names = questioner.names_of(one.name)
            if not is_meant(names) and created:
                raise Unclear(_choice(_table(names, one.name), one.name, created, ""))
        if isinstance(one, ops.RemoveField):
            tables = questioner.names_of(one.model_name)
            added = [
                other.name
                for other in operations
                if isinstance(other, ops.AddField)
                and other.model_name.lower() == one.model_name.lower()
            ]
            if not is_meant(f"{table}.{one.name.lower()}" for table in tables) and added:
                table = _table(tables, one.model_name)
                raise Unclear(_choice(f"{table}.{one.name}", one.name, added, f"{table}."))
    if unused:
        raise Unclear(f"--drop {min(unused)}: nothing of that name goes")


def _table(names: set[str], model_name: str) -> str:
    return min(names, key=lambda name: name == model_name.lower())


def _choice(old: str, short: str, gained: Sequence[str], prefix: str) -> str:
    new = " or ".join(f"--rename {old}={name}" for name in gained)
    return (
        f"{prefix}{short} goes and {', '.join(gained)} comes: a rename keeps the content, a drop"
        f" loses it. Say which: {new}, or --drop {old}"
    )
