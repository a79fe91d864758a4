"""What a file is that was taken for another kind of file, told by its first bytes."""

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


def found_instead(path: Path) -> str | None:
    """Return what a file is, if its start says so. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        return "it is empty"
    return next((what for magic, what in _STARTS.items() if start.startswith(magic)), None)
