"""Write the scripts of specs, or compare them with what is there."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Container, Iterable
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path

from snnc.commands.common import checked_spec
from snnc.commands.exit_codes import attempt
from snnc.diagnostics.errors import Refusal
from snnc.pipeline import scripts
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.scripts import on_disk
from snnc.scripts.emit import KINDS, file_name, is_untouched

EDITED = "was edited, or not written by snnc"


def run(arguments: argparse.Namespace) -> int:
    programs: list[Program] = []

    def add(path: Path) -> int:
        programs.append(checked_spec(path).program)
        return 0

    code = max(attempt(partial(add, path), arguments.json) for path in arguments.specs)
    folders = [arguments.output or program.spec_path.parent for program in programs]
    _refuse_one_name_twice(programs, folders)
    compilations = [
        partial(_compile, program, folder, arguments)
        for program, folder in zip(programs, folders, strict=True)
    ]
    return max([code, *(attempt(each, arguments.json) for each in compilations)])


def _refuse_one_name_twice(programs: list[Program], folders: list[Path]) -> None:
    """Raise a Refusal where one spec's scripts would overwrite another's."""
    first: dict[Path, Path] = {}
    for program, folder in zip(programs, folders, strict=True):
        scripts_at = folder.resolve() / program.name
        other = first.setdefault(scripts_at, program.spec_path)
        if other.resolve() != program.spec_path.resolve():
            raise Refusal(
                f"{other.as_posix()} and {program.spec_path.as_posix()} are both called '{program.name}', "
                f"and would write the same scripts in {folder.as_posix()}: rename one, or compile them apart"
            )


def _compile(program: Program, folder: Path, arguments: argparse.Namespace) -> int:
    wanted = scripts(program, folder)
    if not arguments.force:
        on_disk.refuse_others(wanted, program.spec_path, "--force")
    leftover = [p for p in _leftovers(program.network, folder) if p not in wanted]
    if arguments.check:
        # What differs is for people: programs get the sentence that it ends with.
        with redirect_stdout(sys.stderr) if arguments.json else nullcontext():
            _compare(wanted, leftover)
    elif not arguments.force:
        on_disk.refuse_edited(wanted, "--force")
    written = [] if arguments.check else on_disk.write(wanted)
    if arguments.json:
        told = {"written": written, "up_to_date": [p for p in wanted if p not in written]}
        names = {key: [p.as_posix() for p in paths] for key, paths in told.items()}
        left = [path.as_posix() for path in leftover]
        print(json.dumps({"spec": program.spec_path.as_posix(), **names, "left_over": left}))
    elif not arguments.check:
        _tell(wanted, written, leftover, arguments.quiet)
    return 0


def _tell(
    wanted: Iterable[Path], written: Container[Path], leftover: Iterable[Path], quiet: bool
) -> None:
    for path in () if quiet else wanted:
        print(f"wrote {path.as_posix()}" if path in written else f"{path.as_posix()} is up to date")
    for path in leftover:
        print(f"{path.as_posix()} is left over: the spec no longer asks for it")


def _leftovers(network: Network, folder: Path) -> list[Path]:
    """Return the scripts in a folder that snnc has written for a network of this name."""
    paths = [folder / file_name(network.name, kind) for kind in KINDS]
    return [path for path in paths if is_untouched(on_disk.text_of(path) or "")]


def _compare(wanted: dict[Path, str], leftover: list[Path]) -> None:
    """Print the difference of each script from its spec. Raises a Refusal if there is one."""
    present = {path: on_disk.text_of(path) for path in wanted}
    stale = [path for path, text in wanted.items() if not on_disk.same(present[path], text)]
    for path in stale:
        _print_difference(path, present[path], wanted[path])
    if leftover:
        names = on_disk.listed(leftover)
        raise Refusal(f"{names}: left over, the spec no longer asks for it; remove it")
    if stale:
        states = {path: _state(present[path]) for path in stale}
        force = ", with --force over what was edited" if EDITED in states.values() else ""
        told = "; ".join(f"{path.as_posix()} {state}" for path, state in states.items())
        raise Refusal(f"{told}; run snnc compile{force}")


def _print_difference(path: Path, present: str | None, wanted: str) -> None:
    name = path.as_posix()
    if present is None:
        print(f"{name} is missing")
        return
    from difflib import unified_diff  # most scripts are those of their spec

    before, now = present.splitlines(keepends=True), wanted.splitlines(keepends=True)
    print("".join(unified_diff(before, now, name, f"{name} (now)")), end="")


def _state(text: str | None) -> str:
    """Return why a script differs from the spec."""
    if text is None:
        return "is missing"
    return "is out of date" if is_untouched(text) else EDITED
