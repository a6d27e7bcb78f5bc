"""What the generator refuses."""

from __future__ import annotations


class CannotGuard(ValueError):
    """A change that can't be made idempotent here: the message says what to write by hand."""


class Unclear(ValueError):
    """A change that can be read in two ways: the message names the flag that says which."""
