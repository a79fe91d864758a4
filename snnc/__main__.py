"""`snnc` and `python -m snnc`: the command as a process of its own."""

import gc
import os
import sys


def process() -> int:
    """Run the command that the process was started with, and return its exit code."""
    # What is imported stays: looking through it for circles again and again finds none. Commands that compute switch it on.
    gc.disable()
    from snnc.cli import main

    code = main()
    # At its end Python looks through all objects for circles, thrice. None has to be found: the process is over.
    gc.freeze()
    if "numpy" not in sys.modules:
        _end_now(code)
    return code


def _end_now(code: int) -> None:
    """End the process without taking its objects apart, which takes a tenth of a check; return if its output can't be written.

    Only for commands without heavy libraries: those have threads and files to close.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # Python says so on its usual way out
    os._exit(code)


if __name__ == "__main__":
    sys.exit(process())
