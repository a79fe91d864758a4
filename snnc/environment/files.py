"""Write whole files or none: a temporary file, locked while it is written, is renamed when it is complete.

No maintained library does all of it: filelock only locks, atomicwrites is archived, and neither reserves room nor sweeps what killed writers leave.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from snnc.diagnostics.errors import UsageError, cannot


def write_text(path: Path, text: str) -> None:
    """Write a text as it is, with the same line ends on every system."""
    write_pieces(path, [text])


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a text piece by piece; the file is there once all of it is."""
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        file.writelines(piece.encode() for piece in pieces)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` if no error was raised."""
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
    """Raise a UsageError unless there is room for all files together; their sizes are in bytes."""
    with ExitStack() as stack:
        for path, size in files:
            try:
                if path.is_dir():
                    raise UsageError(f"can't write {path.as_posix()}: it is a folder")
                # A rename would replace a read-only file without an error.
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
    """Remove the temporary files that killed writers of a file left."""
    for leftover in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        with suppress(OSError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Claim a file while it is worked on; yield False if another process has claimed it already."""
    lock = path.with_name(f".{path.name}.lock")
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(lock.open("ab"))
        except OSError:  # what can't be written is said where it is
            yield True
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:  # a network drive without locks
            pass
        try:
            yield True
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def _temporary(path: Path) -> Iterator[BinaryIO]:
    """Yield a new temporary file beside `path`, locked so that no other process sweeps it; remove it in the end."""
    unfinished = path.with_name(f".{path.stem}.{os.urandom(4).hex()}.part{path.suffix}")
    with suppress(FileExistsError):  # a file has the folder's name: the error of `open` is clearer
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unfinished.open("xb") as file:
            # The lock lasts until the file is closed or the process ends. Some network drives have no locks.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
