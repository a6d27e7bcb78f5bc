"""The query guard: every statement that touches a clinic's table must name the clinic.

A wall of the tests and of development, not of production: the schema and the tables' own
constraints keep clinics apart there. `driver` hangs it on connections, `checking` decides about a
text, `reading` and `blocks` know SQL. Nothing here imports sqlglot until a statement has to be
read, so a process with the guard off pays nothing.
"""

from __future__ import annotations

from dentalogic.core.guard.driver import TenantPredicateMissing, configure, switch_on, watch

__all__ = ["TenantPredicateMissing", "configure", "switch_on", "watch"]
