"""Scripts on disk: which are out of date, which a person has edited, and writing the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from snnc.diagnostics.errors import Refusal, UsageError, cannot
from snnc.environment.files import sweep, write_text
from snnc.environment.own_files import other_spec
from snnc.scripts.emit import is_untouched, spec_of


def refuse_others(wanted: Mapping[Path, str], spec: Path, force: str) -> None:
    """Raise a Refusal if a script was written from another spec than this one; `force` is how to say that it is meant."""
    for path in wanted:
        other = other_spec(spec_of(text_of(path) or ""), spec, path.parent)
        if other:
            raise Refusal(
                f"{path.as_posix()} was written from {other.as_posix()}, not from {spec.as_posix()}: "
                f"give one of the two networks another name, or write elsewhere with -o; {force} overwrites it"
            )


def refuse_edited(wanted: Mapping[Path, str], force: str) -> None:
    """Raise a Refusal if a script is neither as snnc wrote it nor as it is wanted; `force` is how to say that it may go."""
    present = {path: text_of(path) for path in wanted}
    edited = [
        path
        for path, text in present.items()
        if text is not None and not is_untouched(text) and not same(text, wanted[path])
    ]
    if edited:
        raise Refusal(
            f"{listed(edited)}: edited since snnc wrote it, or not by snnc; {force} overwrites it"
        )


def write(wanted: Mapping[Path, str]) -> list[Path]:
    """Write the scripts that are missing or otherwise than they are wanted, and return those."""
    for path in wanted:
        sweep(path)
    stale = [path for path, text in wanted.items() if not same(text_of(path), text)]
    for path in stale:
        write_text(path, wanted[path])
    return stale


def listed(paths: Iterable[Path]) -> str:
    return " and ".join(path.as_posix() for path in paths)


def same(present: str | None, wanted: str) -> bool:
    return present is not None and present.replace("\r\n", "\n") == wanted


def text_of(path: Path) -> str | None:
    """Return a script as it is on disk, or None if there is none."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        folder = path.parent.as_posix()
        raise UsageError(f"can't use {folder} as a folder: it is a file") from error
    except OSError as error:
        raise cannot("read", path, error) from error
