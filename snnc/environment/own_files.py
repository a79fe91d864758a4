"""Names that are taken: in emitted scripts, and on disk."""

from contextlib import suppress
from pathlib import Path

#: How the names of the files end that training writes, behind the network's name.
OWN_FILES = (
    ".params.npz",
    ".test.npz",
    ".history.csv",
    ".checkpoint.npz",
    ".baseline.npz",
    ".baseline.checkpoint.npz",
)


def other_spec(name: str, own: Path, folder: Path) -> Path | None:
    """Return the spec that a file in a folder was written for, by its name, if it is another one than `own` and still there.

    Where there is none of that name, neither there nor beside `own`, a spec was renamed, and its files are its own.
    """
    for other in (folder / name, own.parent / name):
        with suppress(OSError):  # a name that can't be one
            if other.is_file() and not (own.exists() and other.samefile(own)):
                return other
    return None
