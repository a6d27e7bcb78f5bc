"""Reading the Dockerfile and .dockerignore: for the rules about them, and to try them by hand."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.tools import CHECKOUT

DOCKERFILE = CHECKOUT / "Dockerfile"
IGNORE = CHECKOUT / ".dockerignore"


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: `RUN`, `COPY` ... and what follows it, its lines joined."""

    word: str
    text: str

    @property
    def argv(self) -> list[str]:
        """Return the words of an instruction in JSON's form, else of a shell."""
        if self.text.startswith("["):
            return [str(one) for one in json.loads(self.text)]
        return shlex.split(self.text)


@dataclass(slots=True)
class Stage:
    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def all(self, word: str) -> list[Step]:
        return [one for one in self.steps if one.word == word]

    def last(self, word: str) -> Step:
        return self.all(word)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (pair.partition("=") for one in self.all("ENV") for pair in shlex.split(one.text))
        return {name: value for name, _, value in pairs}


def instructions(text: str) -> Iterator[Step]:
    """Yield the instructions. Comments end where their line does, also inside of one."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    waiting = ""
    for line in lines:
        waiting += line.rstrip()
        if waiting.endswith("\\"):
            waiting = waiting[:-1]
            continue
        if waiting.strip():
            word, _, rest = waiting.strip().partition(" ")
            yield Step(word.upper(), re.sub(r"\s+", " ", rest).strip())
        waiting = ""


def stages(text: str | None = None, given: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the stages; `${NAME}` in FROM is what was given, or ARG's default."""
    found: list[Stage] = []
    values: dict[str, str] = {}
    for step in instructions(DOCKERFILE.read_text() if text is None else text):
        if step.word == "ARG" and not found:
            name, _, default = step.text.partition("=")
            values[name] = (given or {}).get(name, default)
        elif step.word == "FROM":
            base, *rest = step.text.split()
            base = re.sub(r"\$\{(\w+)\}", lambda one: values[one[1]], base)
            name = rest[1] if rest[:1] and rest[0].upper() == "AS" else str(len(found))
            found.append(Stage(base, name))
        else:
            found[-1].steps.append(step)
    return found


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(known.get(part, re.escape(part)) for part in parts)
    # What matches a folder matches all in it.
    return re.compile(rf"{body}(?:/.*)?\Z")


def context(root: Path = CHECKOUT, ignore: str | None = None) -> list[str]:
    """Return the files that a build is given: of .dockerignore's rules the last match wins."""
    rules: list[tuple[bool, re.Pattern[str]]] = []
    for raw in (IGNORE.read_text() if ignore is None else ignore).splitlines():
        line = raw.strip()
        if line and not line.startswith("#"):
            rules.append((line.startswith("!"), _expression(line.removeprefix("!"))))
    kept = []
    for path in sorted(_files(root, root)):
        wanted = True
        for keep, expression in rules:
            if expression.match(path):
                wanted = keep
        if wanted:
            kept.append(path)
    return kept


# Big, never wanted, and slow to walk.
_SKIPPED = {".git", ".venv", "node_modules", ".dentalogic", ".dentalogic-test", "build"}


def _files(folder: Path, root: Path) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            if folder != root or entry.name not in _SKIPPED:
                yield from _files(entry, root)
        else:
            yield str(entry.relative_to(root))
