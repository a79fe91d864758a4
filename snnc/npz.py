"""What arrays a .npz file holds, read from its headers: no numpy, and nothing in the file is executed."""

from __future__ import annotations

import ast
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Header:
    """An array's shape, and its type as NumPy writes it: "<f4"."""

    shape: tuple[int, ...]
    dtype: str


class BadArray(ValueError):
    """A member of the file is no array that can be read."""


def headers(path: Path) -> dict[str, Header]:
    """Return the header of every array in a file.

    Raises OSError if it can't be read, zipfile.BadZipFile if it is no .npz file, BadArray if an array in it is broken.
    """
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        return {name[:-4]: _header(archive, name) for name in names}


def _header(archive: zipfile.ZipFile, name: str) -> Header:
    try:
        with archive.open(name) as member:
            return _parsed(member)
    # What damaged compression and damaged headers raise; OSError is also bz2's.
    except (
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        EOFError,
        OverflowError,
        MemoryError,
    ) as error:
        raise BadArray(f"'{name[:-4]}' is no NumPy array, or damaged") from error
    except (RecursionError, struct.error, zlib.error, lzma.LZMAError, OSError) as error:
        raise BadArray(f"'{name[:-4]}' is damaged") from error


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
    return Header(shape, dtype if isinstance(dtype, str) else "a record")
