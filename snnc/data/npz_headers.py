"""What arrays a .npz file holds, read from its headers: no numpy, and nothing in the file is executed."""

from __future__ import annotations

import ast
import lzma
import math
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snnc.data.file_kinds import found_instead


@dataclass(frozen=True)
class Header:
    """An array's shape, and its type as NumPy writes it: "<f4"."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int | None:
        """How many bytes the values take, if the type says so."""
        found = re.fullmatch(r"[<>|=]([biufcSU])(\d{1,9})", self.dtype)
        if found is None:
            return None
        width = 4 if found[1] == "U" else 1
        return math.prod(self.shape) * int(found[2]) * width


class BadFile(ValueError):
    """A file holds no arrays that can be read. Says why."""


def headers(path: Path) -> dict[str, Header]:
    """Return the header of every array in a file.

    Raises OSError if it can't be read, BadFile if it is no .npz file, or an array in it is broken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _headers(archive)
    except BadFile:
        raise
    # What a damaged directory of the archive raises.
    except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, struct.error) as error:
        what = found_instead(path) or "it is no .npz file"
        if what.startswith("it is a .zip"):
            what = "it is cut short or damaged: copy or save it again"
        raise BadFile(what) from error


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
        raise BadFile(f"'{name[:-4]}' is no NumPy array, or damaged") from error
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
    # Also keeps a damaged shape from asking for all memory there is.
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
