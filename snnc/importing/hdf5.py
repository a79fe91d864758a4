"""HDF5 files that others wrote: nothing outside of the file is read, and nothing larger than fits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.operations import Array, in_double
from snnc.importing.package import imported

#: The first bytes of such a file.
MAGIC = b"\x89HDF\r\n\x1a\n"
#: Bytes of all arrays of a file together: more than any network that a chip or a spec could hold.
LARGEST = 2**30
#: How many times its size the arrays of a file may take, which it can hold packed; any file may hold `_SMALL` bytes.
_UNPACKED = 100
_SMALL = 2**22
#: What h5py raises of damaged files.
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
#: Groups of a file.
MOST_OBJECTS = 100_000


@contextmanager
def opened(source: Path | bytes, name: str) -> Iterator[Any]:
    """Open a file, or the bytes of one, whose links all stay within it.

    Raises:
        Refusal: If it is damaged, leads to other files, or says that it holds more than LARGEST.
    """
    h5py = imported("h5py")
    try:
        file = h5py.File(source if isinstance(source, Path) else io.BytesIO(source), "r")
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    with file:
        try:
            size = source.stat().st_size if isinstance(source, Path) else len(source)
            _Look(h5py, name, min(LARGEST, max(_UNPACKED * size, _SMALL))).through(file)
        except _DAMAGED as error:
            raise _damaged(name, error) from error
        try:
            yield file
        # What h5py raises of parts that can't be read, and no mistake of ours.
        except (OSError, RuntimeError, KeyError) as error:
            raise _damaged(name, error) from error


def text_of(file: Any, attribute: str) -> str | None:
    """Return an attribute that holds text; None if there is none."""
    value = file.attrs.get(attribute)
    return None if value is None else _text(value)


def texts_of(group: Any, attribute: str) -> list[str] | None:
    """Return an attribute that lists texts, which Keras cuts into several where HDF5 has no room; None if there is none."""
    if attribute in group.attrs:
        return [_text(value) for value in _values(group.attrs[attribute])]
    if f"{attribute}0" not in group.attrs:
        return None
    found: list[Any] = []
    while f"{attribute}{len(found)}" in group.attrs:
        found.append(group.attrs[f"{attribute}{len(found)}"])
    return [_text(value) for part in found for value in _values(part)]


def numbers_of(dataset: Any, name: str) -> Array:
    """Return an array in double precision.

    Raises:
        Refusal: If it holds something other than finite numbers.
    """
    if not hasattr(dataset, "dtype") or dataset.dtype.kind not in "fiub":
        raise Refusal(f"{name} holds no numbers, but {getattr(dataset, 'dtype', 'a group')}")
    try:
        array = in_double(dataset[()])
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    if not np.isfinite(array).all():
        wrong = int(array.size - np.isfinite(array).sum())
        raise Refusal(
            f"{name} isn't finite in {wrong} of {array.size} places: "
            "the training diverged, so import the model as it was before"
        )
    return array


@dataclass
class _Look:
    """A look at every link and every array: h5py would follow links to any file that the user may read."""

    h5py: Any
    name: str
    most_bytes: int
    bytes_so_far: int = 0

    def through(self, file: Any) -> None:
        seen: set[int] = set()
        groups = [file]
        while groups:
            group = groups.pop()
            address = self.h5py.h5o.get_info(group.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_OBJECTS:
                raise Refusal(f"{self.name} holds more than {MOST_OBJECTS:,} groups")
            for key in group:
                value = self._within(group, key)
                if isinstance(value, self.h5py.Group):
                    groups.append(value)

    def _within(self, group: Any, key: str) -> Any:
        where = f"{group.name.rstrip('/')}/{key}"
        if not isinstance(group.get(key, getlink=True), self.h5py.HardLink):
            raise Refusal(_outside(self.name, f"a link, {where}"))
        value = group[key]
        if isinstance(value, self.h5py.Dataset):
            self._ensure_held(value, where)
        return value

    def _ensure_held(self, value: Any, where: str) -> None:
        if value.external is not None or value.is_virtual:
            raise Refusal(_outside(self.name, f"an array whose values are elsewhere, {where}"))
        self.bytes_so_far += value.size * value.dtype.itemsize
        if self.bytes_so_far > self.most_bytes:
            raise Refusal(
                f"{self.name} has arrays of {self.bytes_so_far:,} bytes up to {where}, and at most "
                f"{self.most_bytes:,} are read of a file of its size: save the model again with model.save"
            )


def _outside(name: str, what: str) -> str:
    return (
        f"{name} holds {what}. Links aren't followed, as they can lead to any file on this machine: "
        "load the model in Keras, and save it again with model.save"
    )


def _values(attribute: Any) -> Any:
    return attribute if hasattr(attribute, "shape") and attribute.shape else []


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _damaged(name: str, error: Exception) -> Refusal:
    return Refusal(
        f"{name} is damaged, or only a part of it is there ({_first_line(error)}): "
        "copy it again, and compare the sizes"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip("'\"").splitlines() or [type(error).__name__])[0]
