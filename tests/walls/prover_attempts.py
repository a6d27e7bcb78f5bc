"""What is tried on each route: another clinic's ids, ids that nobody has, and one's own."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.http import urlsafe_base64_encode

from clinics.tenancy import gatekeeper, tokens
from clinics.tenancy.models import Clinic, Membership
from tests.walls.prover_bodies import GIVEN
from tests.walls.prover_callers import Caller
from tests.walls.prover_routes import address
from tests.walls.prover_table import Field, Row
from tests.walls.prover_world import World

STOPPED = frozenset({"role", "door", "405"})
LISTS = frozenset({"ids", "treatments"})
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `sent` is what a refusal may repeat."""

    row: Row
    what: str
    verdict: str
    url: str
    body: dict[str, Any] | None
    sent: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.row.method} {self.url} {self.body or ''} ({self.what})"


class Nowhere:
    """Names rows that no clinic has."""

    word, dni, phone = "nispero", "99999999", "+5491199999999"
    clinic = Clinic(schema_name="nowhere", name="nispero")

    def named(self, thing: str) -> list[Any]:
        return [2**40] if thing == "outbox" else [uuid.uuid4()]


Side = World | Nowhere


class Trials:
    """Builds the attempts of one caller."""

    def __init__(self, caller: Caller, own: World, foreign: World) -> None:
        self.caller = caller
        self.own: World = own
        self.foreign: World = foreign
        self.nowhere = Nowhere()

    def of(self, row: Row) -> Iterator[tuple[Attempt, Attempt]]:
        """Yield each attempt with another clinic's id, beside one with an id that nobody has."""
        verdict = row.verdicts[self.caller.column]
        nothing_named = not row.things
        paths = self._paths(row, self.foreign)
        # Who is stopped before the id is looked at is stopped whatever the id.
        for theirs in paths[:1] if verdict in STOPPED else paths:
            yield (
                self._attempt(
                    row, "path", verdict, theirs, self.foreign if nothing_named else None
                ),
                self._attempt(row, "path", verdict, self._paths(row, self.nowhere)[0], None),
            )
        if verdict in STOPPED:
            return
        for field in row.fields:
            for value in self.values(field.thing, self.foreign):
                other = self.values(field.thing, self.nowhere)[0]
                yield self._field(row, field, value), self._field(row, field, other)

    def control(self, row: Row) -> Attempt:
        """Return the same request about one's own rows."""
        verdict = row.verdicts[self.caller.column]
        return self._attempt(row, "own", verdict, self._paths(row, self.own)[0], None)

    def values(self, thing: str, side: Side) -> list[Any]:
        """Return what names a thing: ids, or whatever else chooses it."""
        make = SPECIAL.get(thing)
        return make(self, side) if make else side.named(thing)

    def _paths(self, row: Row, side: Side) -> list[list[Any]]:
        """Return the values of a path: every row of the first thing, with one of each other."""
        if not row.things:
            return [[]]
        thing, _, chosen = row.things[0].partition(":")
        firsts = self.values(thing, side)
        if side is self.own and chosen:
            firsts = [self.own.ids[f"{thing}.{chosen}"]]
        others = [self.values(one, side)[0] for one in row.things[1:]]
        return [[first, *others] for first in firsts]

    def _attempt(
        self, row: Row, what: str, verdict: str, path: list[Any], asked: Side | None
    ) -> Attempt:
        body, query = self._given(row)
        sent = [str(one) for one in path]
        if asked is not None and not row.route.startswith("/admin/"):
            # Parameters that choose nothing, however they are called.
            query |= {"tenant_id": str(asked.clinic.pk), "schema": asked.clinic.schema_name}
            query["clinic"] = asked.clinic.schema_name
            sent.append(str(asked.clinic.pk))
        return self._built(row, what, verdict, path, body, query, sent)

    def _field(self, row: Row, field: Field, value: Any) -> Attempt:
        body, query = self._given(row)
        path = self._paths(row, self.own)[0]
        if field.in_query:
            query[field.name] = value
        elif row.route.startswith("/admin/"):
            body = {"action": field.name, "_selected_action": str(value)}
        elif "." in field.name:
            rows, _, name = field.name.partition(".")
            body[rows] = [{name: str(value)}]
        else:
            body[field.name] = [str(value)] if field.name in LISTS else str(value)
        sent = [str(value)]
        verdict = field.verdicts[self.caller.column]
        return self._built(row, field.place, verdict, path, body, query, sent)

    def _built(
        self,
        row: Row,
        what: str,
        verdict: str,
        path: list[Any],
        body: dict[str, Any],
        query: dict[str, Any],
        sent: list[str],
    ) -> Attempt:
        url = address(row.route, path) + (f"?{urlencode(query)}" if query else "")
        given = body if row.method in CHANGES else None
        return Attempt(row, what, verdict, url, given, tuple(sent))

    def _given(self, row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a good body and a good query, about one's own rows."""
        make = GIVEN.get(f"{row.method} {row.route}")
        given = make(self) if make else {}
        return ({}, given) if row.method in {"GET", "DELETE"} else (given, {})


def _cursor(value: str) -> Callable[[Trials, Side], list[Any]]:
    def make(trials: Trials, side: Side) -> list[Any]:
        place = ["n", value, str(side.named("patient")[0])]
        return [base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")]

    return make


def _activation(trials: Trials, side: Side) -> list[Any]:
    pending = side.named("member.pending")[0]
    return [gatekeeper.activation_token(Membership(pk=pending))]


def _refresh(trials: Trials, side: Side) -> list[Any]:
    """Sign a refresh token of the caller's own that names another clinic."""
    token = tokens.RefreshToken()
    user = trials.caller.user
    token["sub"] = str(user.pk if user else uuid.uuid4())
    token["role"] = "ceo"
    token["clinic"] = side.clinic.schema_name
    token["tenant_id"] = str(side.clinic.pk)
    token["family"] = str(uuid.uuid4())
    return [str(token)]


def _uid(trials: Trials, side: Side) -> list[Any]:
    return [urlsafe_base64_encode(str(side.named("user")[0]).encode())]


SPECIAL: dict[str, Callable[[Trials, Side], list[Any]]] = {
    "schema": lambda _, side: [side.clinic.schema_name],
    "text": lambda _, side: [side.word, side.dni, side.phone[1:]],
    "number": lambda _, side: [1 if isinstance(side, World) else 2],
    "day": lambda _, side: ["2026-11-01"],
    # Days of the ledgers in prover_rows and prover_later_rows.
    "open_day": lambda _, side: ["2026-11-23"],
    "closed_day": lambda _, side: ["2026-11-22"],
    "moment": lambda _, side: ["2026-11-01T00:00:00-03:00"],
    "cursor:moment": _cursor("2020-01-01T00:00:00+00:00"),
    "cursor:day": _cursor("2020-01-01"),
    "cursor:text": _cursor("a"),
    "cursor:row": _cursor("00000000-0000-0000-0000-000000000000"),
    "refresh": _refresh,
    "activation": _activation,
    "uid": _uid,
    # Which of the set-up's tests; whose line and calendar it tries is the session's to say.
    "setup": lambda _, side: ["line", "calendar"],
    "token": lambda _, side: ["set-password"],
    "app": lambda _, side: ["tenancy"],
    "path": lambda _, side: [f"clinics/patient/{side.named('patient')[0]}/change/"],
}
