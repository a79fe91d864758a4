"""Writing files so that a final name never holds half of one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snnc.diagnostics import cannot

#: A leftover this old belongs to a process that died; a younger one may still be written to.
STALE_SECONDS = 3600


def write_text(path: Path, text: str) -> None:
    """Write a text with "\\n" at the end of each line, on every system."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to that once it was written without an error."""
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        _sweep(path)
        try:
            yield unfinished
            with unfinished.open("rb") as file:
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise cannot("write", path, error) from error


def _sweep(path: Path) -> None:
    """Remove what an interrupted writer of the same file left behind."""
    for leftover in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        if time.time() - leftover.stat().st_mtime > STALE_SECONDS:
            leftover.unlink(missing_ok=True)
