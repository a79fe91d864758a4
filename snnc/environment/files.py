"""Writing files, and folders for them, so that a final name never holds half of one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from snnc.diagnostics.errors import UsageError, cannot


def write_text(path: Path, text: str) -> None:
    """Write a text with "\n" at the end of each line, on every system."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to that once it was written without an error."""
    try:
        sweep(path)
        with _temporary(path) as file:
            unfinished = Path(file.name)
            yield unfinished
            os.fsync(file.fileno())
            unfinished.replace(path)
    except OSError as error:
        raise cannot("write", path, error) from error


def ensure_room(files: Iterable[tuple[Path, int]]) -> None:
    """Raise a UsageError unless files of these sizes, in bytes, can be written, and are there at the same time."""
    with ExitStack() as stack:
        for path, size in files:
            try:
                if path.is_dir():
                    raise UsageError(f"can't write {path.as_posix()}: it is a folder")
                # A rename would replace it all the same.
                if path.exists() and not os.access(path, os.W_OK):
                    raise UsageError(f"can't write {path.as_posix()}: it is read-only")
                sweep(path)
                file = stack.enter_context(_temporary(path))
            except OSError as error:
                raise cannot("write", path, error) from error
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError as error:
                raise cannot(f"write {size / 1e6:.1f} MB to", path, error) from error


def sweep(path: Path) -> None:
    """Remove what killed writers of a file left behind."""
    for leftover in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        with suppress(OSError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


@contextmanager
def _temporary(path: Path) -> Iterator[BinaryIO]:
    """Give a new file beside `path` that no other process takes for a leftover, and remove it in the end."""
    unfinished = path.with_name(f".{path.stem}.{os.urandom(4).hex()}.part{path.suffix}")
    with suppress(FileExistsError):  # a file: opening says it better
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unfinished.open("xb") as file:
            # Held until it is closed, or its process is dead. Not every network drive has locks.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
