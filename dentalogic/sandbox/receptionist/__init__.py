"""The scripted receptionist: the sandbox's stand-in for a language model.

It is rules, not a language model. It keeps nothing between calls: `reply` reads the whole
conversation again each time and answers the same to the same messages.
"""

from __future__ import annotations

from dentalogic.sandbox.receptionist.policy import reply

__all__ = ["reply"]
