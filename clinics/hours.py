"""Working hours: their shape, and the instants they mean.

`working_hours` is `{"0": [{"start": "09:00", "end": "13:00"}], ...}`: keys `"0"` (Monday) to
`"6"`, local wall time of the clinic, sorted, not overlapping. A day that is absent is closed.

On the days when clocks change, a wall time that does not exist is the moment when the clocks jump
(a block inside the gap vanishes); of a wall time that exists twice, a start means the first
and an end the second occurrence, so that the block holds all the time its clock times name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, TypedDict, cast
from zoneinfo import ZoneInfo

from dentalogic.core.intervals import Range


class Block(TypedDict):
    start: str
    end: str


WorkingHours = dict[str, list[Block]]
Week = tuple[tuple[Range, ...], ...]
"""Seven days of blocks in seconds since local midnight; blocks that touch are one."""

WEEKDAYS = ("0", "1", "2", "3", "4", "5", "6")
_DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_SHORTHAND = re.compile(r"([0-9:]+)\s*-\s*([0-9:]+)", re.ASCII)


def _(message: str) -> str:
    """Mark the message for makemessages; whoever shows it translates it."""
    return message


NOT_AN_OBJECT = _("Debe ser un objeto con los días «0» (lunes) a «6» (domingo).")
UNKNOWN_DAY = _("Día desconocido: se usan «0» (lunes) a «6» (domingo).")
NOT_A_LIST = _("Debe ser una lista de turnos de atención; [] significa cerrado.")
NOT_A_BLOCK = _("Debe ser un objeto con «start» y «end».")
UNKNOWN_KEY = _("Clave desconocida: se usan «start» y «end».")
MISSING = _("Falta este dato.")
NOT_A_TIME = _("Debe ser una hora HH:MM entre 00:00 y 24:00.")
NOT_A_START = _("Debe ser una hora HH:MM entre 00:00 y 23:59.")
ENDS_BEFORE_START = _("Debe ser posterior al comienzo.")
NOT_SORTED = _("Los horarios del día deben estar ordenados.")
OVERLAPS = _("Se superpone con el horario anterior.")


class InvalidWorkingHours(ValueError):
    """Say what is wrong and where: `errors` holds `(path, message)`, the path like `1.0.end`."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(f"{path or '.'}: {message}" for path, message in errors))


def validate_working_hours(value: object) -> WorkingHours:
    """Return a clean copy of the hours, or raise `InvalidWorkingHours` with every error."""
    if not isinstance(value, Mapping):
        raise InvalidWorkingHours([("", NOT_AN_OBJECT)])
    errors: list[tuple[str, str]] = []
    hours: WorkingHours = {}
    for key, blocks in value.items():
        if key not in WEEKDAYS:
            errors.append((str(key), UNKNOWN_DAY))
        elif not isinstance(blocks, list):
            errors.append((key, NOT_A_LIST))
        else:
            hours[key] = _validated_day(key, blocks, errors)
    if errors:
        raise InvalidWorkingHours(errors)
    return {key: hours[key] for key in WEEKDAYS if key in hours}


def _validated_day(key: str, blocks: list[object], errors: list[tuple[str, str]]) -> list[Block]:
    clean: list[Block] = []
    for index, block in enumerate(blocks):
        path = f"{key}.{index}"
        found = _block_errors(path, block)
        if not found:
            this = cast("Block", block)
            if clean and this["start"] < clean[-1]["end"]:
                sorted_wrong = this["end"] <= clean[-1]["start"]
                found = [(path, NOT_SORTED if sorted_wrong else OVERLAPS)]
            clean.append({"start": this["start"], "end": this["end"]})
        errors.extend(found)
    return clean


def _block_errors(path: str, block: object) -> list[tuple[str, str]]:
    if not isinstance(block, Mapping):
        return [(path, NOT_A_BLOCK)]
    errors = [(f"{path}.{key}", UNKNOWN_KEY) for key in block if key not in {"start", "end"}]
    for key, last in (("start", False), ("end", True)):
        if key not in block:
            errors.append((f"{path}.{key}", MISSING))
        elif not _is_time(block[key], midnight_too=last):
            errors.append((f"{path}.{key}", NOT_A_TIME if last else NOT_A_START))
    if not errors and block["end"] <= block["start"]:
        errors.append((f"{path}.end", ENDS_BEFORE_START))
    return errors


def _is_time(value: object, *, midnight_too: bool) -> bool:
    if not isinstance(value, str):
        return False
    return _TIME.fullmatch(value) is not None or (midnight_too and value == "24:00")


def shorthand(days: Mapping[str, Sequence[str]]) -> WorkingHours:
    """Return the hours that `{"0": ["09:00-13:00"]}` is short for; refuse what is invalid."""
    hours: dict[str, list[object]] = {}
    for key, blocks in days.items():
        found = [(block, _SHORTHAND.fullmatch(block.strip())) for block in blocks]
        hours[key] = [
            {"start": match[1], "end": match[2]} if match else block for block, match in found
        ]
    return validate_working_hours(hours)


def week_of(hours: Mapping[str, Sequence[Block]]) -> Week:
    """Return valid hours as seconds, in a form that caches know again."""
    return tuple(_compiled(hours.get(key, ())) for key in WEEKDAYS)


def _compiled(blocks: Sequence[Block]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for block in blocks:
        start, end = _seconds(block["start"]), _seconds(block["end"])
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, end))
    return tuple(merged)


def _seconds(wall_time: str) -> int:
    return int(wall_time[:2]) * 3600 + int(wall_time[3:5]) * 60


class Day(NamedTuple):
    """One local day of a clinic as instants, `[start, end)`, and the blocks worked in it."""

    date: date
    start: int
    end: int
    blocks: tuple[Range, ...]


@lru_cache(maxsize=8192)
def day_of(week: Week, day: date, zone: ZoneInfo) -> Day:
    """Return the day and its working blocks in epoch seconds."""
    start, end, steady = _bounds(day, zone)
    blocks = week[day.weekday()]
    if steady:
        return Day(day, start, end, tuple((start + a, start + b) for a, b in blocks))
    return Day(day, start, end, _blocks_across_a_change(blocks, day, zone))


def days_for(
    hours: Mapping[str, Sequence[Block]], first_day: date, last_day: date, zone: ZoneInfo
) -> list[Day]:
    """Return every day from the first to the last, both included, closed ones too."""
    week = week_of(hours)
    ordinals = range(first_day.toordinal(), last_day.toordinal() + 1)
    return [day_of(week, date.fromordinal(ordinal), zone) for ordinal in ordinals]


def blocks_for(
    hours: Mapping[str, Sequence[Block]], first_day: date, last_day: date, zone: ZoneInfo
) -> list[tuple[int, int, date]]:
    """Return `(start, end, day)` of every block from the first to the last day included."""
    return [
        (start, end, day.date)
        for day in days_for(hours, first_day, last_day, zone)
        for start, end in day.blocks
    ]


def day_range(day: date, zone: ZoneInfo) -> Range:
    """Return the instants at which the local day begins and the next one does."""
    start, end, _steady = _bounds(day, zone)
    return start, end


@lru_cache(maxsize=8192)
def _bounds(day: date, zone: ZoneInfo) -> tuple[int, int, bool]:
    start, end = instant(day, 0, zone), instant(day, _DAY, zone)
    return start, end, end - start == _DAY and _offset(day, 0, zone) == _offset(day, _DAY, zone)


def instant(day: date, seconds: int, zone: ZoneInfo, *, last: bool = False) -> int:
    """Return the epoch of a wall time, `seconds` after local midnight as clocks show it.

    A wall time that does not exist is the moment of the jump; of one that exists twice
    `last` chooses the second.
    """
    naive = (day.toordinal() - _EPOCH_ORDINAL) * _DAY + seconds
    first_offset, second_offset = _offset(day, seconds, zone), _offset(day, seconds, zone, fold=1)
    if first_offset < second_offset:
        return _jump(naive - second_offset, naive - first_offset, second_offset, zone)
    return naive - (second_offset if last else first_offset)


def _offset(day: date, seconds: int, zone: ZoneInfo, *, fold: int = 0) -> int:
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=seconds)
    offset = wall.replace(fold=fold).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _jump(before: int, after: int, offset_after: int, zone: ZoneInfo) -> int:
    """Return the first second after `before` at which the zone has the later offset."""
    while after - before > 1:
        middle = (before + after) // 2
        offset = datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset()
        if offset is not None and round(offset.total_seconds()) == offset_after:
            after = middle
        else:
            before = middle
    return after


def _blocks_across_a_change(
    blocks: Sequence[Range], day: date, zone: ZoneInfo
) -> tuple[Range, ...]:
    found: list[Range] = []
    for wall_start, wall_end in blocks:
        start, end = instant(day, wall_start, zone), instant(day, wall_end, zone, last=True)
        if found and start < found[-1][1]:
            # Both lie in the hour that comes twice, and the block before holds its first time.
            start = max(instant(day, wall_start, zone, last=True), found[-1][1])
        if start >= end:
            continue
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))
    return tuple(found)
