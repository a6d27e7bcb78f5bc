"""Run the sandbox: ``python -m dentalogic.sandbox --port 8001``."""

from __future__ import annotations

import argparse
import os
import sys

from dentalogic.sandbox.config import Config, WrongConfiguration
from dentalogic.sandbox.guard import Refused, refuse_real_vendors


def main(arguments: list[str] | None = None) -> int:
    """Start the server; end with 2 and one clear line when it must not run."""
    parser = argparse.ArgumentParser(prog="python -m dentalogic.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=None, help="default: SANDBOX_PORT or 8001")
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    options = parser.parse_args(arguments)
    try:
        refuse_real_vendors(os.environ)
        config = Config.from_environment(os.environ, host=options.host, port=options.port)
    except (Refused, WrongConfiguration) as refusal:
        sys.stderr.write(f"sandbox: {refusal}\n")
        return 2
    # Late: a refusal must not wait for the server's imports.
    from dentalogic.sandbox.server import serve  # noqa: PLC0415

    serve(config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
