"""Say why a code is raised, and how to repair what raises it; or what a key of specs means."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.pages import codes, page, plain, summary
from snnc.diagnostics.screen import BOLD, CYAN, DIM, Screen, indentation, screen

if TYPE_CHECKING:
    from snnc.spec.explained import Explained


def run(arguments: argparse.Namespace) -> int:
    shown = screen(sys.stdout)
    if not arguments.code:
        print(_all(shown))
    elif arguments.code in codes():
        print(_explained(arguments.code, shown))
    else:
        print(_key(arguments.code, shown))
    return 0


def _explained(code: str, shown: Screen) -> str:
    title, *parts = plain(page(code)).split("\n\n")
    # What is indented is an example: it can be copied as it is.
    folded = (part if indentation(part) else shown.wrapped(part) for part in parts)
    return "\n\n".join([shown.styled(title, BOLD), *folded])


def _key(asked: str, shown: Screen) -> str:
    """Return what a key means. Raises a UsageError if there is neither a key nor a code of that name."""
    # Codes need none of what knows the language.
    from snnc.checks.known_codes import allowable
    from snnc.diagnostics.wording import close, joined
    from snnc.spec import explained
    from snnc.spec.json_schema import schema

    root = schema(allowable())
    words = [word for word in asked.strip("[]").replace("[]", "").split(".") if word]
    found = explained.explained(root, words)
    if not found:
        meant = close(asked, [*codes(), *explained.known(root)])
        hint = f"did you mean {joined(meant, 'or')}?" if meant else "snnc explain lists all codes"
        raise UsageError(f"there is no code and no key {asked!r}; {hint}")
    return "\n\n".join(_entry(entry, shown) for entry in found)


def _entry(entry: Explained, shown: Screen) -> str:
    of = f"  of {', '.join(entry.of)}" if entry.of else ""
    lines = [f"{shown.styled(entry.key, BOLD)}{shown.styled(of, DIM)}"]
    lines += [f"    {text}" for text in (entry.meaning, entry.value) if text]
    for row in entry.rows:
        value = f"  {shown.styled(row.value, DIM)}" if row.value else ""
        lines += ["", f"    {shown.styled(row.name, CYAN)}{value}", f"        {row.meaning}"]
    return "\n".join(shown.wrapped(line, indentation(line) or " " * 4) for line in lines)


def _all(shown: Screen) -> str:
    """Return every code, whether it is an error, and the first sentence of its page."""
    # Severities stand beside the rules, and a single page needs none of those.
    from snnc.checks.known_codes import known_codes

    known = known_codes()
    width = max(map(len, known))
    lines = (
        f"{name:<{width}}  {code.severity:<7}  {summary(page(name))}"
        for name, code in known.items()
    )
    return "\n".join(shown.wrapped(line, " " * 4) for line in lines)
