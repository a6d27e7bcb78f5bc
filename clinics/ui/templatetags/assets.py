"""Addresses of static files that change with their content, so that no browser keeps an old one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

register = template.Library()


@register.simple_tag
def asset(path: str) -> str:
    """Return the address of a static file with a mark of its content."""
    mark = _read_mark(path) if settings.DEBUG else _mark(path)
    return f"{static(path)}?v={mark}"


@cache
def _mark(path: str) -> str:
    return _read_mark(path)


def _read_mark(path: str) -> str:
    found = finders.find(path)
    if found is None:
        return "0"
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:10]
