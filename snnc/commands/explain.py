"""Say why a code is raised, and how to repair what raises it."""

from __future__ import annotations

import argparse
import sys

from snnc.diagnostics.pages import page, plain, summary

BOLD, NORMAL = "\033[1m", "\033[0m"


def run(arguments: argparse.Namespace) -> int:
    print(_explained(arguments.code) if arguments.code else _all())
    return 0


def _explained(code: str) -> str:
    title, *lines = plain(page(code)).splitlines()
    if sys.stdout.isatty():
        title = f"{BOLD}{title}{NORMAL}"
    return "\n".join([title, *lines])


def _all() -> str:
    """Return every code, whether it is an error, and the first sentence of its page."""
    # Severities stand beside the rules, and a single page needs none of those.
    from snnc.checks.known_codes import known_codes

    codes = known_codes()
    width = max(map(len, codes))
    return "\n".join(
        f"{name:<{width}}  {code.severity:<7}  {summary(page(name))}"
        for name, code in codes.items()
    )
