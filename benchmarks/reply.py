"""From a patient's message to the assistant's reply, beyond the quiet window of the burst."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.figures import figure
from benchmarks.stack import running
from dentalogic.sandbox.client import SandboxClient

QUIET_SECONDS = 1.0
PATIENTS = 15
GOAL_SECONDS = 0.5
# A greeting, and a question that takes tools and Google.
TALK = ("Hola!", "quiero una limpieza, puede ser el martes a la tarde?")


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    settings = {"WHATSAPP_QUIET_SECONDS": str(QUIET_SECONDS), "WHATSAPP_MAX_WAIT_SECONDS": "5"}
    with running(**settings) as stack, SandboxClient(stack.sandbox_url) as sandbox:
        beyond = [
            _one_reply(sandbox, f"+54911{47_000_000 + patient}", text)
            for patient in range(PATIENTS)
            for text in TALK
        ]
    print(
        f"replies: {len(beyond)}, median {statistics.median(beyond):.3f} s,"
        f" worst {max(beyond):.3f} s beyond {QUIET_SECONDS} s of quiet"
    )
    return [
        figure(
            "reply_beyond_window_s",
            statistics.median(beyond),
            "s",
            f"median of {len(beyond)}, scripted model",
            GOAL_SECONDS,
            "<",
        )
    ]


def _one_reply(sandbox: SandboxClient, phone: str, text: str) -> float:
    known = sandbox.messages(phone)
    last = known[-1]["number"] if known else 0
    sandbox.say(phone, text)
    accepted = time.monotonic()
    replies = sandbox.outbox(phone, after=last, wait=30)
    took = time.monotonic() - accepted
    if not replies:
        raise SystemExit("benchmarks.reply: a message was not answered within 30 s")
    return took - QUIET_SECONDS
