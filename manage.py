"""Run a management command. Finds the running embedded servers through `DENTALOGIC_HOME`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dentalogic.settings")
    checkout = Path(__file__).resolve().parent
    # An image is made without them: nothing is generated there, the environment says it all.
    if (checkout / "dentalogic" / "embedded").is_dir():
        from dentalogic.embedded import environment  # noqa: PLC0415  # before the settings are read

        home = Path(os.environ.get("DENTALOGIC_HOME", checkout / ".dentalogic"))
        for name, value in environment(home).items():
            os.environ.setdefault(name, value)
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"dentalogic: {error}")


if __name__ == "__main__":
    main()
