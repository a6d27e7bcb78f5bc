"""What every tool is made of: typed arguments, a function, and the desk it works at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

import openai
from pydantic import AfterValidator, BaseModel, ConfigDict

from agent.context import TurnContext
from clinics.services.actors import Actor
from clinics.tenancy.models import Clinic
from dentalogic.core.errors import DomainError

Outcome = dict[str, Any]


def _at_most(length: int) -> Callable[[str], str]:
    # Not `max_length`: the keyword would go into the schema, where strict endpoints refuse it.
    def check(text: str) -> str:
        if len(text) > length or "\x00" in text:
            raise ValueError(f"at most {length} characters")
        return text.strip()

    return check


Code = Annotated[str, AfterValidator(_at_most(20))]
Words = Annotated[str, AfterValidator(_at_most(200))]
LongWords = Annotated[str, AfterValidator(_at_most(500))]


class ToolArgs(BaseModel):
    """Base of every tool's arguments: what was not declared is an error. The docstring of a
    subclass is what the model reads about the tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)


EffectKind = Literal["booked", "requested", "cancelled", "moved", "handed_off"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that this turn made true; `text` names the visit."""

    kind: EffectKind
    text: str = ""


@dataclass(frozen=True, slots=True)
class PastCall:
    """A tool call of an earlier turn and its result.

    `told` says that the patient got the reply of that turn, `since` how many replies they got after
    it. `owed` says that nobody has told them yet: the reply was dropped, and nothing came since.
    """

    name: str
    result: Outcome
    told: bool
    since: int
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tool works with. Clinic and person come from here, never from an argument."""

    context: TurnContext
    clinic: Clinic
    past: tuple[PastCall, ...] = ()

    @property
    def actor(self) -> Actor:
        return Actor.patient(self.context.conversation_id)


class Refusal(DomainError):
    """A tool says no, with a code of its own and what to do next."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.code = code


Args = TypeVar("Args", bound=ToolArgs)


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    args: type[ToolArgs]
    run: Callable[[Desk, Any], Outcome]

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The strict JSON schema that the model is sent."""
        return dict(openai.pydantic_function_tool(self.args, name=self.name))


def tool(args: type[Args]) -> Callable[[Callable[[Desk, Args], Outcome]], Tool]:
    """Make a function a tool of the same name."""

    def make(run: Callable[[Desk, Args], Outcome]) -> Tool:
        return Tool(run.__name__, args, run)

    return make
