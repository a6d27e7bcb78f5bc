"""Run a command that gets a signal when the process that started it dies.

    python -I -S leash.py SIGNAL PARENT_PID COMMAND ...

A script of its own instead of a `preexec_fn`: that is not safe beside threads. It imports nothing
of the project, so it costs some milliseconds and no memory (the command takes its place).
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    signal_number, parent = int(sys.argv[1]), int(sys.argv[2])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    # The parent may have died before the line above: then nobody would ever tell us.
    if os.getppid() != parent:
        sys.exit(1)
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606


if __name__ == "__main__":
    main()
