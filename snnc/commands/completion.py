"""Print a script by which a shell completes snnc's commands, options, codes and files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import shtab


def run(arguments: argparse.Namespace) -> int:
    whole: argparse.ArgumentParser = arguments.whole()
    for action in _actions(whole):
        if action.type is Path:
            complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE
            action.complete = complete  # type: ignore[attr-defined]
    print(shtab.complete(whole, arguments.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser, and those of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
