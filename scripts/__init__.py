"""Setting up, checking and locking. `python3 -m scripts.bootstrap` runs before anything else."""

from __future__ import annotations

import sys

OLDEST = (3, 11)

# Here, before the rest of the package is read: an old Python would stumble over its syntax.
if sys.version_info < OLDEST:
    sys.exit(
        "dentalogic: Python {}.{} or newer is needed, this is {}.{}; "
        "say which with `make PYTHON=/path/to/python3.11 ...`".format(
            *OLDEST, *sys.version_info[:2]
        )
    )
