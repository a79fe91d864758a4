"""Write the scripts of a spec, or compare them with what is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from snnc.backends.script import is_untouched
from snnc.commands.common import checked_spec, output_folder
from snnc.compile import scripts
from snnc.diagnostics import Refusal, cannot
from snnc.files import sweep, write_text
from snnc.ir import Program


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    wanted = scripts(program, output_folder(arguments))
    present = {path: _text(path) for path in wanted}
    leftover = [p for p in _leftovers(program, output_folder(arguments)) if p not in wanted]
    if arguments.check:
        return _compare(wanted, present, leftover)
    edited = [p for p, text in present.items() if text is not None and not is_untouched(text)]
    edited = [p for p in edited if not _same(present[p], wanted[p])]
    if edited and not arguments.force:
        names = " and ".join(p.as_posix() for p in edited)
        raise Refusal(f"{names}: edited since snnc wrote it, or not by snnc; --force overwrites it")
    for path, text in wanted.items():
        sweep(path)
        if _same(present[path], text):
            print(f"{path.as_posix()} is up to date")
            continue
        _make_folder(path.parent)
        write_text(path, text)
        print(f"wrote {path.as_posix()}")
    for path in leftover:
        print(f"{path.as_posix()} is left over: the spec's targets no longer ask for it")
    return 0


def _leftovers(program: Program, folder: Path) -> list[Path]:
    """Return the scripts of a program's name in a folder that snnc once wrote."""
    paths = [folder / f"{program.name}_{kind}.py" for kind in ("train", "loihi")]
    return [path for path in paths if is_untouched(_text(path) or "")]


def _compare(wanted: dict[Path, str], present: dict[Path, str | None], leftover: list[Path]) -> int:
    """Print how each script differs from what the spec says now; fail if any does."""
    from difflib import unified_diff

    stale = [path for path, text in wanted.items() if not _same(present[path], text)]
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
        names = " and ".join(p.as_posix() for p in leftover)
        raise Refusal(f"{names}: left over, the spec's targets no longer ask for it; remove it")
    if stale:
        names = " and ".join(p.as_posix() for p in stale)
        raise Refusal(f"{names}: out of date, edited or missing; run snnc compile")
    return 0


def _same(present: str | None, wanted: str) -> bool:
    return present is not None and present.replace("\r\n", "\n") == wanted


def _text(path: Path) -> str | None:
    """Return a script as it is on disk, or None if there is none."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot("read", path, error) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot("make the folder", folder, error) from error
