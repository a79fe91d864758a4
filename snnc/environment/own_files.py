"""Names of the files that training writes, and the spec that such a file belongs to."""

from contextlib import suppress
from pathlib import Path

#: Endings of the files that training writes: each name is the network's name and one of these.
OWN_FILES = (
    ".params.npz",
    ".test.npz",
    ".history.csv",
    ".checkpoint.npz",
    ".baseline.npz",
    ".baseline.checkpoint.npz",
)


def other_spec(name: str, own: Path, folder: Path) -> Path | None:
    """Return the spec called `name`, for which a file in `folder` was written, if it is another one than `own`.

    Returns None if no spec of that name is left in `folder` or beside `own`: then `own` was renamed, and the file belongs to it.
    """
    for other in (folder / name, own.parent / name):
        with suppress(OSError):  # a name that can't be one
            if other.is_file() and not (own.exists() and other.samefile(own)):
                return other
    return None
