"""Print a script by which a shell completes snnc's commands, options, codes and files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shtab


def run(arguments: argparse.Namespace) -> int:
    whole: argparse.ArgumentParser = arguments.whole()
    for action in _actions(whole):
        if action.type is Path:
            action.complete = _files(action)  # type: ignore[attr-defined]
    print(shtab.complete(whole, arguments.shell))
    return 0


def _files(action: argparse.Action) -> Any:
    """Return what completes the files that an argument may be: folders, specs and the folders that lead to them, or any."""
    if action.metavar == "DIR":
        return shtab.DIRECTORY
    return shtab.glob("*.toml") if action.dest in ("spec", "specs") else shtab.FILE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser, and those of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
