"""A scenario as data: the shape of the files in `scenarios/`. An unknown key is an error."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator

FOLDER = Path(__file__).parent / "scenarios"

Family = Literal[
    "booking",
    "missing_data",
    "change",
    "emergency",
    "handoff",
    "injection",
    "privacy",
    "language",
    "burst",
    "faults",
    "refusal",
]
Level = Literal["low", "normal", "high", "emergency"]
Fact = Literal["name", "dni", "insurance", "phone", "birth_date"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedPatient(_Shape):
    key: str
    name: tuple[str, str]
    dni: str | None = None
    insurance: str = ""
    phone: str | None = None
    birth_date: date | None = None
    status: Literal["guest", "active"] = "active"


class SeedAppointment(_Shape):
    professional: str
    patient: str
    treatment: str
    start: NaiveDatetime  # wall time of the clinic
    status: str = "scheduled"


class SeedEvent(_Shape):
    """Something in a professional's Google calendar."""

    professional: str
    summary: str
    start: NaiveDatetime
    end: NaiveDatetime


class Fault(_Shape):
    """A vendor that fails from now on; `times` bounds it."""

    vendor: Literal["google", "openai", "whatsapp"]
    status: int | None = None
    delay: float | None = None
    drop: bool | None = None
    garbage: bool | None = None
    times: int = 100_000


class Seed(_Shape):
    patients: list[SeedPatient] = []
    appointments: list[SeedAppointment] = []
    google: list[SeedEvent] = []
    faults: list[Fault] = []


class Repeated(_Shape):
    """A burst of `repeat` messages, `{n}` counted from one, and a last one."""

    repeat: Annotated[int, Field(ge=1, le=200)]
    say: str
    then: str = ""


class PatternReply(_Shape):
    when: str
    say: str


class PatientPart(_Shape):
    """Who writes, what they open with, and what they know."""

    phone: str
    profile_name: str = "Paciente"
    opening: list[str] | Repeated
    knows: dict[str, str] = {}
    replies: list[PatternReply] = []
    refuses: list[Fact] = []
    turns: Annotated[int, Field(ge=1, le=50)] = 12


class WorldAction(_Shape):
    """What happens after the patient's N-th burst has arrived and before it is answered."""

    at_turn: Annotated[int, Field(ge=1)]
    take_slot: Literal["offered_first"] | None = None
    by: Literal["secretary", "secretary_overriding_the_hold"] = "secretary"
    staff_says: str | None = None
    kill_worker: bool = False
    faults: list[Fault] = []

    @model_validator(mode="after")
    def _does_something(self) -> WorldAction:
        if not (self.take_slot or self.staff_says or self.kill_worker or self.faults):
            raise ValueError("an action of the world has to do something")
        return self


class ExpectedAppointment(_Shape):
    """Only the keys that are given are compared; times are wall times of the clinic."""

    phone: str | None = None
    patient: str | None = None
    treatment: str | None = None
    professional: str | None = None
    status: str | None = None
    on: date | None = None
    after: time | None = None
    before: time | None = None


class ExpectedPatient(_Shape):
    status: Literal["guest", "active"] | None = None
    name: str | None = None
    dni: str | None = None
    insurance: str | None = None
    phone: str | None = None


class ExpectedTriage(_Shape):
    level: Level


class Expect(_Shape):
    """How it ends. What is not given is not looked at."""

    appointments: list[ExpectedAppointment] | None = None
    appointments_status_in: list[str] | None = None
    appointments_none_between: tuple[NaiveDatetime, NaiveDatetime] | None = None
    appointments_of_professional_do_not_overlap: str | None = None
    patient: ExpectedPatient | None = None
    facts_from_messages: list[Fact] = []
    triage: ExpectedTriage | None = None
    triage_at_most: Level | None = None
    handoff: bool | None = None
    events: list[str] = []
    said: list[str] = []
    never_said: list[str] = []
    outgoing_at_most: int | None = None
    turns_for_opening_at_most: int | None = None
    other_patients_unchanged: bool = False
    patients_unchanged: list[str] = []


class Scenario(_Shape):
    id: str
    family: Family
    clock: AwareDatetime
    seed: Seed = Seed()
    patient: PatientPart
    world: list[WorldAction] = []
    expect: Expect
    # How often a real model plays it; the scripted one always does the same.
    k: Annotated[int, Field(ge=1, le=20)] = 4

    @property
    def disturbs_others(self) -> bool:
        """Whether it makes a vendor or a worker fail for everybody who plays at the time."""
        return bool(self.seed.faults or self.world)

    def at(self, turn: int) -> list[WorldAction]:
        """Return what happens around the patient's burst number `turn`."""
        return [action for action in self.world if action.at_turn == turn]


def read_scenario(path: Path) -> Scenario:
    """Read one file; pydantic's `ValidationError` names what is wrong in it."""
    return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_folder(folder: Path = FOLDER) -> list[Scenario]:
    """Read all files of a folder, by name. Two scenarios of one id are an error."""
    found = [read_scenario(path) for path in sorted(folder.rglob("*.yaml"))]
    ids = [one.id for one in found]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise ValueError(f"scenarios share an id: {', '.join(twice)}")
    return found


def wall(moment: datetime) -> str:
    """Write a wall time as a person would type it into a calendar."""
    return moment.isoformat(timespec="minutes")
