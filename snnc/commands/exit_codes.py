"""Errors of commands: their text on stderr, and their exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable

from snnc.diagnostics.errors import CompileError, Refusal, UsageError
from snnc.diagnostics.report import report


def attempt(action: Callable[[], int]) -> int:
    """Return the exit code of an action; print the error if there is one."""
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
