"""Write whole .npz files, and read them as untrusted input."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal, cannot
from snnc.environment.files import replacing

Array = NDArray[Any]
#: Exceptions that reading a damaged .npz file raises, besides OSError.
DAMAGE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    EOFError,
    RuntimeError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def shared(items: Array, others: Iterable[Array]) -> int:
    """Return how many items, (n, size), are among others of the same type, some at a time, (m, size)."""
    # Hashes: the bytes of a set of images would take its memory once more.
    hashes = [hash(item.tobytes()) for item in items]
    wanted = set(hashes)
    missing = wanted.difference(hash(item.tobytes()) for some in others for item in some)
    return sum(item not in missing for item in hashes)


def save_arrays(path: Path, *arrays: Any, **named: Any) -> None:
    """Write a .npz file; unnamed arrays are called arr_0, arr_1 and so on."""
    _write(path, npz(*arrays, **named))


def save_compressed(path: Path, **named: Any) -> None:
    """Write a compressed .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named)
    _write(path, buffer.getvalue())


def npz(*arrays: Any, **named: Any) -> bytes:
    """Return what a .npz file of arrays holds."""
    # In memory first: on a full disk, zipfile raises several errors that hide the cause.
    buffer = io.BytesIO()
    np.savez(buffer, *arrays, **named)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def text_in(path: Path, name: str) -> str:
    """Return a text in a .npz file; "" if the text or the file is missing."""
    with suppress(OSError, *DAMAGE), np.load(path, allow_pickle=False) as file:
        return str(file[name])
    return ""


def arrays_of(path: Path, advice: str) -> dict[str, Array]:
    """Return the arrays of a .npz file.

    Raises FileNotFoundError if there is no such file, and a Refusal with the advice if it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise cannot("read", path, error) from error
    except DAMAGE as error:
        raise Refusal(f"{path.as_posix()} is damaged, or no file of snnc's: {advice}") from error
