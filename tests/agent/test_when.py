from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.when import Ambiguous, Past, Reading, Unclear, Windows, parse_when
from agent.when.words import MONTHS, WEEKDAY_NAMES

ZONE = ZoneInfo("America/Argentina/Buenos_Aires")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)  # a Monday


def said(reading: Reading) -> str:
    """Write a reading short: `24 13:00-20:00`, `=24 10:00`; a whole day is its date alone."""
    if isinstance(reading, Ambiguous):
        return " ? ".join(said(option.meaning) for option in reading.options)
    if not isinstance(reading, Windows):
        return type(reading).__name__
    shown = [_window(start, end, exact=reading.exact) for start, end in reading.windows[:2]]
    more = f" +{len(reading.windows) - 2}" if len(reading.windows) > 2 else ""
    return " ".join(shown) + more


def _window(start: datetime, end: datetime, *, exact: bool) -> str:
    if exact:
        return f"={start:%d/%m %H:%M}"
    last = end - timedelta(minutes=1)
    if f"{start:%H:%M}{last:%H:%M}" == "00:0023:59":
        return f"{start:%d/%m}" if start.date() == last.date() else f"{start:%d/%m}-{last:%d/%m}"
    if start.date() == last.date():
        return f"{start:%d/%m %H:%M}-{end:%H:%M}"
    return f"{start:%d/%m %H:%M}-{last:%d/%m}"


PHRASES = Path(__file__).with_name("when_phrases.txt")


def table() -> list[tuple[str, str]]:
    rows = [line.split("|") for line in PHRASES.read_text().splitlines() if line[:1] != "#"]
    return [(phrase.strip(), meaning.strip()) for phrase, meaning in rows]


def test_the_table_is_long() -> None:
    assert len(table()) >= 120


@pytest.mark.parametrize(("phrase", "meaning"), table())
def test_phrases(phrase: str, meaning: str) -> None:
    assert said(parse_when(phrase, NOW)) == meaning
    assert said(parse_when(f"  {phrase.upper()}. ", NOW)) == meaning


def test_options_have_words_to_ask_with() -> None:
    reading = parse_when("martes 25 a las 10", NOW)

    assert isinstance(reading, Ambiguous)
    assert [option.text for option in reading.options] == [
        "miércoles 25 de noviembre, 10:00",
        "martes 24 de noviembre, 10:00",
    ]
    until = parse_when("hasta el lunes", NOW)
    assert isinstance(until, Ambiguous)
    assert [option.text for option in until.options] == [
        "hasta lunes 23 de noviembre",
        "hasta lunes 30 de noviembre",
    ]


def test_a_weekday_that_is_today_is_settled_by_the_hour_where_it_has_passed() -> None:
    assert said(parse_when("el lunes a las 8", NOW)) == "=30/11 08:00"


@pytest.mark.parametrize(
    ("now", "phrase", "meaning"),
    [
        ("2026-12-31T18:00", "mañana", "01/01"),
        ("2026-12-31T18:00", "24/1", "24/01"),
        ("2026-11-29T10:00", "esta semana", "29/11 10:00-29/11"),
        ("2026-11-29T10:00", "fin de semana", "29/11 10:00-24:00"),
        ("2026-11-24T23:30", "a las 10", "=25/11 10:00 =26/11 10:00 +11"),
        ("2026-11-24T23:30", "hoy", "24/11 23:30-00:00"),
        ("2028-02-20T09:00", "29/2", "29/02"),
        ("2027-01-31T09:00", "dentro de un mes", "22/02-28/02"),
    ],
)
def test_at_other_moments(now: str, phrase: str, meaning: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    got = said(parse_when(phrase, moment))

    assert got.replace("29/11 10:00-00:00", "29/11 10:00-24:00") in {
        meaning,
        meaning.replace("29/11 10:00-29/11", "29/11 10:00-24:00"),
    }


FORMATS = (
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day.day}/{day.month}/{day:%y}",
    lambda day: f"{day:%d-%m-%Y}",
    lambda day: f"el {day.day} de {MONTHS[day.month - 1]} de {day.year}",
    lambda day: f"{WEEKDAY_NAMES[day.weekday()]} {day.day} de {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{WEEKDAY_NAMES[day.weekday()].capitalize()} {day:%d/%m/%Y}",
    lambda day: f"para el {day.day} de {MONTHS[day.month - 1].upper()} del {day.year} por favor",
    lambda day: f"{day:%B} {day.day}, {day.year}",
    lambda day: f"{day:%A} {day.day} {day:%B} {day.year}",
)
HOURS = (
    ("", None),
    (" a las {h}:{m:02}", "exact"),
    (" {h}:{m:02} hs", "exact"),
    (" a las {h}.{m:02}hs", "exact"),
    (" después de las {h}:{m:02}", "after"),
    (" antes de las {h}:{m:02}", "before"),
)
next_days = st.integers(1, 366).map(lambda offset: date(2026, 11, 23) + timedelta(days=offset))


@settings(max_examples=500)
@given(
    next_days,
    st.sampled_from(FORMATS),
    st.sampled_from(HOURS),
    st.integers(8, 22),
    st.sampled_from([0, 15, 30, 45]),
)
def test_a_date_that_is_written_is_read_back(
    day: date, form: object, hours: tuple[str, str | None], hour: int, minute: int
) -> None:
    template, kind = hours
    phrase = form(day) + template.format(h=hour, m=minute)  # type: ignore[operator]
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    moment = midnight.replace(hour=hour, minute=minute)
    expected = {
        None: (midnight, midnight + timedelta(days=1)),
        "exact": (moment, moment + timedelta(minutes=1)),
        "after": (moment, midnight + timedelta(days=1)),
        "before": (midnight, moment),
    }[kind]

    assert parse_when(phrase, NOW) == Windows((expected,), exact=kind == "exact"), phrase


@given(st.integers(0, 270))
def test_dates_without_a_year_are_the_next(offset: int) -> None:
    day = date(2026, 11, 23) + timedelta(days=offset)
    for phrase in (f"{day.day}/{day.month}", f"el {day.day} de {MONTHS[day.month - 1]}"):
        reading = parse_when(phrase, NOW)

        assert isinstance(reading, Windows)
        assert reading.windows[0][0].date() == day


def sound(reading: Reading, now: datetime) -> None:
    """Check what holds for every reading whatever was said."""
    if isinstance(reading, Ambiguous):
        assert len(reading.options) >= 1
        for option in reading.options:
            assert option.text
            sound(option.meaning, now)
    elif isinstance(reading, Windows):
        assert reading.windows
        for start, end in reading.windows:
            assert start.tzinfo is not None
            assert now.astimezone(UTC) <= start.astimezone(UTC) < end.astimezone(UTC)
        for one, two in zip(reading.windows, reading.windows[1:], strict=False):
            assert one[1].astimezone(UTC) <= two[0].astimezone(UTC)
    else:
        assert isinstance(reading, Past | Unclear)


VOCABULARY = st.sampled_from(
    re.split(
        r" ",
        "mañana pasado hoy ayer el la los las de del a al en por para entre desde hasta antes o y "
        "después no martes lunes domingo próximo que viene este semana mes fin diciembre febrero "
        "tarde noche mediodía tipo hora horas hs pm am media cuarto menos 1 2 5 10 24 31 29 99 3 "
        "16:30 24/11 31/02 2026-11-24 2027 primero última partir dentro días # ; , . / : - ° ñ in",
    )
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001
zones = st.sampled_from([ZONE, ZoneInfo("America/Santiago"), ZoneInfo("America/New_York")])


@settings(max_examples=600)
@given(st.lists(VOCABULARY, max_size=9).map(" ".join), moments, zones)
@example("en 999 meses 9999-12-31", datetime(2026, 1, 1), ZONE)  # noqa: DTZ001
def test_words_thrown_together_are_never_misread_into_the_past(
    text: str, moment: datetime, zone: ZoneInfo
) -> None:
    now = moment.replace(tzinfo=zone)

    sound(parse_when(text, now), now)


@settings(max_examples=300)
@given(st.text(max_size=60))
@example("٢٤/١١")
@example("9" * 500)
@example("²")
@example("9999-12-31/9999-12-31")
def test_any_text_at_all_is_answered(text: str) -> None:
    sound(parse_when(text, NOW), NOW)


def test_windows_follow_the_clock_changes_of_the_zone() -> None:
    zone = ZoneInfo("America/Santiago")
    now = datetime(2026, 9, 4, 9, 0, tzinfo=zone)
    reading = parse_when("el domingo", now)

    assert isinstance(reading, Windows)
    ((start, end),) = reading.windows
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=23)
