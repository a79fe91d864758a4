"""`python -m snnc` is the `snnc` command."""

import sys

from snnc.cli import main

if __name__ == "__main__":
    sys.exit(main())
