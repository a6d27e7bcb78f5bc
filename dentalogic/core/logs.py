"""Log lines that can't give a patient away."""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def frames_only(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the error's type and the places it went through.

    The message stays out: database errors quote the row, validation errors the value.
    """
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    elif isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if isinstance(found, tuple) and found[0] is not None:
        kind, _error, trace = found
        event["exception"] = kind.__qualname__
        event["trace"] = [
            f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(trace)
        ]
    return event


def _short(path: str) -> str:
    place = Path(path)
    if place.is_relative_to(ROOT) and ".venv" not in place.parts:
        return str(place.relative_to(ROOT))
    return "/".join(place.parts[-2:])
