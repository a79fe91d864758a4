"""Errors of commands: their text on stderr, for programs as JSON on stdout too, and their exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from snnc.diagnostics.errors import CompileError, Error, Refusal, UsageError
from snnc.diagnostics.report import report
from snnc.diagnostics.screen import BOLD, RED, YELLOW, screen


def attempt(action: Callable[[], int], as_json: bool = False) -> int:
    """Return the exit code of an action; print the error if there is one."""
    try:
        return action()
    except (CompileError, Refusal, UsageError) as error:
        code = 2 if isinstance(error, UsageError) else 1
        if isinstance(error, CompileError):
            text = report(error.document, error.diagnostics, screen(sys.stderr))
            print(text, file=sys.stderr)
        else:
            say(str(error))
        if as_json:
            print(json.dumps(failure(error, code)))
        return code


def say(message: str) -> None:
    """Print why a command ends, on stderr."""
    _print(message, RED)


def note(message: str) -> None:
    """Print what a user should know of a command that goes on, on stderr."""
    _print(message, YELLOW)


def _print(message: str, color: int) -> None:
    shown = screen(sys.stderr)
    text = shown.lines(f"snnc: {message}".split("\n"))
    print(text.replace("snnc:", shown.styled("snnc:", BOLD, color), 1), file=sys.stderr)


def failure(error: Error | str, code: int) -> dict[str, Any]:
    """Return an error as plain JSON data: its text, the exit code, and what is wrong with a spec, as `check --json` has it."""
    told: dict[str, Any] = {"message": str(error), "exit_code": code}
    if isinstance(error, CompileError):
        from snnc.diagnostics.as_json import record  # most errors are for people

        told |= record(error.document, error.diagnostics)
    elif isinstance(error, Refusal):
        told |= error.to_dict()
    return {"error": told}
