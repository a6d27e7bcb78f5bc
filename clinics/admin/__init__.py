"""A clinic's own tables in the admin, for its CEO. All writing is the services'.

Imported by Django's discovery, which registers everything at the house's site.
"""

from __future__ import annotations

from clinics.admin import calendars, catalog, ledgers, professionals, setup

__all__ = ["calendars", "catalog", "ledgers", "professionals", "setup"]
