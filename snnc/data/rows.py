"""Arrays that stay in their file: some of their rows at a time are read, and made what the network gets."""

from __future__ import annotations

import mmap
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from snnc.diagnostics.errors import cannot

Array = NDArray[Any]
#: The rows that are looked at together take about so many bytes.
BLOCK = 1 << 22
#: After so many bytes that were read, what the system keeps of the file isn't this process' any more.
KEPT = 1 << 24


class Rows:
    """An array, (n, ...), of which rows are read when they are asked for, by a slice or by an array of their numbers."""

    def __init__(
        self, read: Callable[[Any], Array], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self.read, self.shape, self.dtype = read, shape, dtype

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, which: Any) -> Array:
        return self.read(which)

    def then(
        self, make: Callable[[Array], Array], shape: tuple[int, ...], dtype: Any = None
    ) -> Rows:
        """Return what is made of each row, of a shape, once it is read."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        return Rows(lambda which: make(self.read(which)), (len(self), *shape), dtype)

    def chosen(self, numbers: NDArray[np.int64]) -> Rows:
        """Return the rows of some numbers, in their order."""
        return Rows(
            lambda which: self.read(numbers[which]), (len(numbers), *self.shape[1:]), self.dtype
        )


def blocks(x: Array | Rows) -> Iterator[tuple[int, Array]]:
    """Yield all rows, some at a time, with the number of the first."""
    bytes_of_row = max(int(np.prod(x.shape[1:])) * x.dtype.itemsize, 1)
    n = max(BLOCK // bytes_of_row, 1)
    for start in range(0, len(x), n):
        yield start, x[start : start + n]


def npy_rows(path: Path) -> Rows:
    """Return the array of a .npy file. Raises OSError, and a ValueError if it is damaged."""
    with path.open("rb") as file:
        return _mapped(file, 0)


def member_rows(path: Path, archive: zipfile.ZipFile, name: str) -> Rows:
    """Return an array of a .npz file.

    All of it is read once, so that a damaged one is found: what is packed is unpacked into a temporary file, which has no name.
    Raises OSError, and one of `arrays.DAMAGE` if the file is damaged.
    """
    info = archive.getinfo(name if name in archive.namelist() else f"{name}.npy")
    stored = info.compress_type == zipfile.ZIP_STORED
    with archive.open(info) as member, _unnamed() as unpacked:
        while piece := member.read(1 << 20):
            if not stored:
                _write(unpacked, piece)
        if not stored:
            return _mapped(unpacked, 0)
    with path.open("rb") as file:
        # The name and the extra field have lengths of their own here: numpy.savez leaves room for large files.
        file.seek(info.header_offset)
        local = file.read(30)
        lengths = (int.from_bytes(local[k : k + 2], "little") for k in (26, 28))
        return _mapped(file, info.header_offset + 30 + sum(lengths))


def on_disk(tables: Iterable[Array]) -> Rows:
    """Return tables of one type and width, (n, size), one below the other, from a temporary file without a name. There is one at least."""
    with _unnamed() as file:
        n = 0
        for table in tables:
            _write(file, np.ascontiguousarray(table).data)
            n += len(table)
        return _of_bytes(file, (n, *table.shape[1:]), table.dtype, 0, False)


def _unnamed() -> Any:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise cannot("write to", Path(tempfile.gettempdir()), error) from error


def _write(file: IO[bytes], piece: Any) -> None:
    try:
        file.write(piece)
        file.flush()
    except OSError as error:
        raise cannot("write to", Path(tempfile.gettempdir()), error) from error


def _mapped(file: IO[bytes], start: int) -> Rows:
    """Return the array that begins, with its header, at a place of a file."""
    file.seek(start)
    formats: Any = npy  # without types in some versions of NumPy
    first = formats.read_magic(file) == (1, 0)
    read = formats.read_array_header_1_0 if first else formats.read_array_header_2_0
    shape, in_columns, dtype = read(file)
    if dtype.hasobject or not shape:
        raise ValueError("it holds objects, or a single number")
    return _of_bytes(file, shape, dtype, file.tell(), in_columns)


def _of_bytes(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], offset: int, in_columns: bool
) -> Rows:
    """Return the array whose values begin at a place of a file."""
    if not int(np.prod(shape)) * dtype.itemsize:
        return Rows(np.empty(shape, dtype).__getitem__, shape, dtype)
    memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    array: Array = np.ndarray(shape, dtype, memory, offset, order="F" if in_columns else "C")
    n_read = 0

    def read(which: Any) -> Array:
        nonlocal n_read
        rows = np.array(array[which])
        n_read += rows.nbytes
        if n_read > KEPT and hasattr(memory, "madvise"):
            memory.madvise(mmap.MADV_DONTNEED)
            n_read = 0
        return rows

    return Rows(read, shape, dtype)
