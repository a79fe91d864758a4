"""What arrays a .npz file holds, read from its headers: no numpy, and nothing in the file is executed."""

from __future__ import annotations

import ast
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path


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
    with archive.open(name) as member:
        start = member.read(10)
        if len(start) < 10 or start[:6] != b"\x93NUMPY":
            raise BadArray(f"'{name[:-4]}' is no NumPy array")
        if start[6] == 1:
            (length,) = struct.unpack("<H", start[8:10])
        else:
            (length,) = struct.unpack("<I", start[8:10] + member.read(2))
        text = member.read(min(length, 65536)).decode("latin-1")
    try:
        fields = ast.literal_eval(text)
        shape = tuple(int(n) for n in fields["shape"])
        return Header(shape, str(fields["descr"]))
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise BadArray(f"the header of '{name[:-4]}' is broken") from error
