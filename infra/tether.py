"""Become another program that ends when the process that started it ends."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """`tether.py PARENT_PID COMMAND...`, run as a file: imports nothing of ours and turns into COMMAND."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The parent may have died before the kernel was told to watch it.
    if os.getppid() != parent:
        sys.exit(f"The process {parent} that asked for {command[0]} has ended already.")
    os.execvp(command[0], command)  # noqa: S606 - a shell in between would not pass signals on


if __name__ == "__main__":
    main()
