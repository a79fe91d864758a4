"""`snnc` and `python -m snnc`: the command as a process of its own."""

import gc
import sys

from snnc.cli import main


def process() -> int:
    """Run the command that the process was started with, and return its exit code."""
    code = main()
    # At its end Python looks through all objects for circles, thrice. None has to be found: the process is over.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(process())
