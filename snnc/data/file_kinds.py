"""Tell the kind of a data file that isn't of the expected kind, by its first bytes."""

from __future__ import annotations

from pathlib import Path

_ARRAYS = "save its arrays with numpy.savez"
_TABLE = "save the table as text"
_STARTS = {
    b"\x93NUMPY": "it is a single array (.npy): numpy.savez writes several, FILE, x=items, y=labels",
    b"PK": f"it is a .zip or .npz file, or what is left of one: {_TABLE}",
    b"\x1f\x8b": "it is packed with gzip: unpack it",
    b"\x89HDF": f"it is an HDF5 file: {_ARRAYS}",
    b"MATLAB": f"it is a file of MATLAB's: {_ARRAYS}",
    b"\x80": f"it is a pickle, which is never read: {_ARRAYS}",
    b"PAR1": f"it is a Parquet file: {_TABLE}",
    b"\xd0\xcf\x11\xe0": f"it is a file of Excel's: {_TABLE}",
    b"[{": f"it is JSON: {_TABLE}",
    b'{"': f"it is JSON: {_TABLE}",
    b"<!DOC": "it is a web page: load the file itself",
    b"<html": "it is a web page: load the file itself",
    b"version ": "it is what Git LFS has in place of the file: run git lfs pull",
}


def other_kind(path: Path) -> str | None:
    """Return a clause that names the kind of a file, and what to do, or None if its first bytes don't tell. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        return "it is empty: save it again, with its items"
    return next((clause for magic, clause in _STARTS.items() if start.startswith(magic)), None)


def divided(reason: str) -> tuple[str, str]:
    """Return what is wrong with a file, and what to do, of a clause that may say both."""
    wrong, _, advice = reason.partition(": ")
    return wrong, advice or "copy or save it again"
