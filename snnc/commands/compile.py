"""Write the scripts of a spec, or compare them with what is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from snnc import writing
from snnc.backends.script import is_untouched
from snnc.commands.common import checked_spec, output_folder
from snnc.diagnostics import Refusal
from snnc.ir import Program
from snnc.pipeline import scripts


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    wanted = scripts(program, output_folder(arguments))
    leftover = [p for p in _leftovers(program, output_folder(arguments)) if p not in wanted]
    if arguments.check:
        return _compare(wanted, leftover)
    edited = writing.edited(wanted)
    if edited and not arguments.force:
        names = writing.listed(edited)
        raise Refusal(f"{names}: edited since snnc wrote it, or not by snnc; --force overwrites it")
    written = writing.write(wanted)
    for path in wanted:
        print(f"wrote {path.as_posix()}" if path in written else f"{path.as_posix()} is up to date")
    for path in leftover:
        print(f"{path.as_posix()} is left over: the spec's targets no longer ask for it")
    return 0


def _leftovers(program: Program, folder: Path) -> list[Path]:
    """Return the scripts of a program's name in a folder that snnc once wrote."""
    paths = [folder / f"{program.name}_{kind}.py" for kind in ("train", "loihi")]
    return [path for path in paths if is_untouched(writing.text_of(path) or "")]


def _compare(wanted: dict[Path, str], leftover: list[Path]) -> int:
    """Print how each script differs from what the spec says now; fail if any does."""
    from difflib import unified_diff

    present = {path: writing.text_of(path) for path in wanted}
    stale = [path for path, text in wanted.items() if not writing.same(present[path], text)]
    for path in stale:
        if present[path] is None:
            print(f"{path.as_posix()} is missing")
            continue
        there = (present[path] or "").splitlines(keepends=True)
        now = wanted[path].splitlines(keepends=True)
        print(
            "".join(unified_diff(there, now, path.as_posix(), f"{path.as_posix()} (now)")), end=""
        )
    if leftover:
        names = writing.listed(leftover)
        raise Refusal(f"{names}: left over, the spec's targets no longer ask for it; remove it")
    if stale:
        names = writing.listed(stale)
        raise Refusal(f"{names}: out of date, edited or missing; run snnc compile")
    return 0
