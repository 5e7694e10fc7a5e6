"""Become another program that the kernel kills as soon as our parent is gone, however the parent dies.

Started as `python -I -S bound.py <pid of the parent> <program> <arguments…>`: only standard library.
The kernel means the parent's thread that started us, so start children from the main thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; kept over execve


def main() -> None:
    """Bind this process to its parent, then execute the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel knew
        raise SystemExit(1)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
