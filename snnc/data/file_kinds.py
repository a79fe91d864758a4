"""Tell the kind of a data file that isn't of the expected kind, by its first bytes."""

from __future__ import annotations

from pathlib import Path

_STARTS = {
    b"\x93NUMPY": "it is a single array (.npy); numpy.savez writes several",
    b"PK": "it is a .zip or .npz file, or what is left of one",
    b"\x1f\x8b": "it is packed with gzip: unpack it",
    b"\x89HDF": "it is an HDF5 file: save its arrays with numpy.savez",
    b"MATLAB": "it is a file of MATLAB's: save its arrays with numpy.savez",
    b"\x80": "it is a pickle, which is never read: save its arrays with numpy.savez",
    b"PAR1": "it is a Parquet file",
}


def other_kind(path: Path) -> str | None:
    """Return a clause that names the kind of a file, or None if its first bytes don't tell. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        return "it is empty"
    return next((clause for magic, clause in _STARTS.items() if start.startswith(magic)), None)
