"""Read the headers of the arrays in a .npz file, without NumPy and without executing anything in the file."""

from __future__ import annotations

import ast
import lzma
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from snnc.data.file_kinds import other_kind


class Header(NamedTuple):
    """An array's shape, and its type as NumPy writes it: "<f4"."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int | None:
        """The size of the values in bytes; None for types without a fixed size."""
        dtype = re.fullmatch(r"[<>|=]([biufcSU])(\d{1,9})", self.dtype)
        if dtype is None:
            return None
        width = 4 if dtype[1] == "U" else 1
        return math.prod(self.shape) * int(dtype[2]) * width


#: What is said of a file that is nothing known.
NO_NPZ = "it is no .npz file"


#: How arrays of items and of labels are called, the likeliest first.
ITEMS = ("x", "items", "data", "images", "features", "inputs")
LABELS = ("y", "labels", "label", "targets", "target", "classes", "class")


def among(present: Iterable[str], wanted: Sequence[str]) -> str | None:
    """Return the array that is called as the likeliest of the names that are wanted, in capitals or not, or None."""
    by_name = {name.lower(): name for name in present}
    return next((by_name[name] for name in wanted if name in by_name), None)


class BadFile(ValueError):
    """A file holds no arrays that can be read. The message says why."""


def headers(path: Path) -> dict[str, Header]:
    """Return the header of every array in a file.

    Raises OSError if the file can't be read, BadFile if it isn't a .npz file or an array in it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _headers(archive)
    except BadFile:
        raise
    # Exceptions that a damaged directory of the archive raises.
    except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, struct.error) as error:
        reason = other_kind(path) or NO_NPZ
        if reason.startswith("it is a .zip"):
            reason = "it is cut short or damaged: copy or save it again"
        raise BadFile(reason) from error


def _headers(archive: zipfile.ZipFile) -> dict[str, Header]:
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    if not names:
        raise BadFile("it is a .zip file without arrays; numpy.savez writes .npz files")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadFile(f"it holds two arrays called '{twice[:-4]}'")
    return {name[:-4]: _header(archive, name) for name in names}


def _header(archive: zipfile.ZipFile, name: str) -> Header:
    try:
        with archive.open(name) as member:
            header = _parsed(member)
            start = member.tell()
    # Exceptions that a damaged header raises.
    except (
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        EOFError,
        OverflowError,
        MemoryError,
    ) as error:
        raise BadFile(f"'{name[:-4]}' is no NumPy array, or damaged") from error
    # Exceptions that damaged compression raises; bz2 raises OSError.
    except (
        RecursionError,
        RuntimeError,
        OSError,
        struct.error,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
    ) as error:
        raise BadFile(f"'{name[:-4]}' is damaged") from error
    # Also refuses a damaged shape before NumPy allocates memory for it.
    if header.nbytes is not None and start + header.nbytes != archive.getinfo(name).file_size:
        raise BadFile(f"'{name[:-4]}' is damaged: it holds more or fewer values than it says")
    return header


def _parsed(member: IO[bytes]) -> Header:
    start = member.read(10)
    if start[:6] != b"\x93NUMPY":
        raise ValueError("no NumPy array")
    if start[6] == 1:
        (length,) = struct.unpack("<H", start[8:10])
    else:
        (length,) = struct.unpack("<I", start[8:10] + member.read(2))
    fields = ast.literal_eval(member.read(min(length, 65536)).decode("latin-1"))
    shape, dtype = fields["shape"], fields["descr"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("no shape")
    return Header(shape, dtype if isinstance(dtype, str) else "a structure")
