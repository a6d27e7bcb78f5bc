"""Texts as WhatsApp takes them: at most 4096 characters each, never empty."""

from __future__ import annotations

LONGEST = 4096


def parts(text: str, *, longest: int = LONGEST) -> list[str]:
    """Split a text into messages, at the end of a paragraph, a line, a sentence or a word."""
    found = []
    rest = text.strip()
    while len(rest) > longest:
        cut = _cut(rest, longest)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        found.append(rest)
    return found


def _cut(text: str, longest: int) -> int:
    for mark in ("\n\n", "\n", ". ", " "):
        place = text.rfind(mark, longest // 2, longest)
        if place > 0:
            return place + len(mark)
    return longest
