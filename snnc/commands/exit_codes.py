"""What stands in the way of a command, said on stderr, and the exit code that it means."""

from __future__ import annotations

import sys
from collections.abc import Callable

from snnc.diagnostics.errors import CompileError, Refusal, UsageError
from snnc.diagnostics.report import report


def attempt(action: Callable[[], int]) -> int:
    """Return the exit code of an action; where something stands in its way, say what."""
    try:
        return action()
    except CompileError as error:
        print(report(error.document, error.diagnostics), file=sys.stderr)
        return 1
    except Refusal as error:
        print(f"snnc: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        print(f"snnc: {error}", file=sys.stderr)
        return 2
