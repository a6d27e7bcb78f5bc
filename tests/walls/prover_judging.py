"""Whether an answer kept the wall: its status, its words, and what it left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.db import transaction
from pypdf import PdfReader

from tests.walls.prover_attempts import CHANGES, Attempt, Trials
from tests.walls.prover_callers import Caller
from tests.walls.prover_fingerprint import fingerprint
from tests.walls.prover_table import Row
from tests.walls.prover_world import World

_REFUSED = {"404": 404, "404/403": 404, "404/404": 404, "400": 400, "409": 409, "nobody": 401,
            "role": 403, "405": 405, "secret": 401}  # fmt: skip
_SAME = {"404", "404/403", "404/404", "400", "409", "nobody"}
_FORM_SECRET = re.compile(rb'csrf[A-Za-z-]*"? (?:value|content)="\w+"|nonce="[^"]+"')
_ASKED = {"public.memberships", "public.users", "public.outbox"}
# What one member of both clinics is told of the other: that it is there.
_NAMES_CLINICS = {"/api/v1/auth/me/"}
# What such a member may choose: the other clinic is theirs as well, and the password is one.
_THEIR_CHOICE = {
    *("/api/v1/auth/switch-clinic/", "/api/v1/auth/refresh/", "/clinics/"),
    "/api/v1/auth/password/",
}
BAD, FAILED = 400, 500


@dataclass(slots=True)
class Prover:
    """Tries every row of the table as one caller; what went wrong is in `findings`."""

    caller: Caller
    own: World
    foreign: World
    findings: list[str] = field(default_factory=list)
    tried: int = 0
    before: dict[str, str] = field(default_factory=dict)
    own_before: dict[str, str] = field(default_factory=dict)
    nothing: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)

    def run(self, rows: list[Row]) -> None:
        """Try everything. Nothing of it stays."""
        trials = Trials(self.caller, self.own, self.foreign)
        self.before = fingerprint(self.foreign)
        self.own_before = fingerprint(self.own)
        for row in rows:
            if self.caller.knows_both and row.route in _THEIR_CHOICE:
                continue
            for theirs, nobodys in trials.of(row):
                self.attack(theirs, nobodys)
            self.succeed(trials.control(row))

    def attack(self, theirs: Attempt, nobodys: Attempt) -> None:
        """Use another clinic's id; where it must not exist, compare with one that does not."""
        with undone():
            response = self.ask(theirs)
            self.judge(theirs, response)
            if theirs.row.method in CHANGES:
                self.unchanged(theirs)
        if theirs.verdict in _SAME:
            known, unknown = told(response, theirs), self.told_of_nothing(nobodys)
            if known != unknown:
                self.report(theirs, f"is told apart from an unknown id: {known} / {unknown}")

    def told_of_nothing(self, attempt: Attempt) -> tuple[int, bytes]:
        """Return the answer about an id that nobody has; asked once a place."""
        place = (str(attempt.row), attempt.what)
        if place not in self.nothing:
            with undone():
                self.nothing[place] = told(self.ask(attempt), attempt)
        return self.nothing[place]

    def ask(self, attempt: Attempt) -> Any:
        self.tried += 1
        return self.caller.ask(attempt.row.method, attempt.url, attempt.body)

    def judge(self, attempt: Attempt, response: Any) -> None:
        """Compare an answer with its verdict, and look for the other clinic in it."""
        status, wanted = response.status_code, _REFUSED.get(attempt.verdict)
        if status >= FAILED:
            self.report(attempt, f"{status}: {getattr(response, 'exc_info', '')}")
        elif wanted is not None and status != wanted:
            self.report(attempt, f"{status} instead of {wanted}: {response.content[:200]!r}")
        elif attempt.verdict == "door" and not at_the_door(response):
            self.report(attempt, f"{status}: was not stopped at the door")
        elif attempt.verdict in {"own", "platform", "asks"} and status >= BAD:
            self.report(attempt, f"{status}: was refused: {response.content[:200]!r}")
        for word in self.leaked(attempt, response):
            self.report(attempt, f"{status}: says {word!r}")

    def leaked(self, attempt: Attempt, response: Any) -> list[str]:
        forbidden = set(self.foreign.texts)
        if attempt.verdict != "platform":
            forbidden |= self.foreign.all_ids
            if not (self.caller.knows_both and attempt.row.route in _NAMES_CLINICS):
                forbidden |= self.foreign.public_texts
        said = (readable(response) + repr(dict(response.headers)).encode()).lower()
        for one in (*attempt.sent, *map(str, (attempt.body or {}).values())):
            said = said.replace(one.lower().encode(), b"")
        return [word for word in sorted(forbidden) if word.lower().encode() in said]

    def unchanged(self, attempt: Attempt) -> None:
        """Nothing of the other clinic may be different, whatever was answered."""
        after = fingerprint(self.foreign)
        changed = {table for table, rows in after.items() if rows != self.before[table]}
        if attempt.verdict == "asks":
            changed -= _ASKED
        if changed:
            self.report(attempt, f"changed {sorted(changed)}")

    def succeed(self, attempt: Attempt) -> None:
        """Do the same with one's own id: a wall that lets nobody through proves nothing."""
        if attempt.verdict not in {"own", "platform", "404", "404/403", "404/404"}:
            return
        refused = int(attempt.verdict[4:] or 0) if "/" in attempt.verdict else 0
        with undone():
            response = self.ask(attempt)
            status = response.status_code
            if refused and status != refused:
                self.report(attempt, f"{status} instead of {refused} for one's own")
            if not refused and status >= BAD:
                self.report(attempt, f"{status} for one's own: {response.content[:300]!r}")
            for word in self.leaked(attempt, response):
                self.report(attempt, f"{status}: says {word!r} beside one's own")
            if refused or not attempt.row.route.startswith("/api/v1/"):
                return
            if attempt.row.method in CHANGES:
                if "/auth/" not in attempt.row.route and fingerprint(self.own) == self.own_before:
                    self.report(attempt, "changed nothing of one's own")
            elif not any(word.encode() in readable(response) for word in self.recognised()):
                self.report(attempt, f"says nothing of one's own: {response.content[:200]!r}")

    def recognised(self) -> set[str]:
        return self.own.texts | self.own.public_texts | self.own.all_ids

    def report(self, attempt: Attempt, said: str) -> None:
        self.findings.append(f"{self.caller.name}: {attempt}: {said}")


def at_the_door(response: Any) -> bool:
    if response.status_code in {401, 403}:
        return True
    target = response.headers.get("Location", "")
    # The operator has no clinic, and is sent to the admin instead of the log-in.
    return response.status_code == 302 and ("/login/" in target or target == "/admin/")


def readable(response: Any) -> bytes:
    """Return what an answer says, documents as their text."""
    content: bytes = response.content
    if response.headers.get("Content-Type") == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).encode()
    return content


def told(response: Any, attempt: Attempt) -> tuple[int, bytes]:
    """Return an answer without what differs by nature: what was sent, and the form's secrets."""
    content = response.content
    for one in attempt.sent:
        content = content.replace(one.encode(), b"#")
    return response.status_code, _FORM_SECRET.sub(b"", content)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what a request did. Not by a block of Django's, which may see one clinic alone."""
    place = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(place)
        transaction.set_rollback(False)
