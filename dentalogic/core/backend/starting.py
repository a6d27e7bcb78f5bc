"""What a process asks of its database before it takes work."""

from __future__ import annotations

from django.db import DatabaseError, connection


def refuse_unsafe_pooler() -> None:
    """Raise UnsafePooler where clinics could be mixed up; a database that is away is waited for.

    Every new connection is asked the same again: this only says it before somebody needs one.
    """
    try:
        connection.ensure_connection()
    except DatabaseError:
        return
    finally:
        connection.close()
