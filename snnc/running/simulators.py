"""Where a network can run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from snnc.diagnostics.errors import UsageError
from snnc.environment.libraries import PACKAGES, WITHOUT_TENSORFLOW, ensure_chip
from snnc.program.program import Program

#: nengo_dl shows items fresh, the others as a stream. emulator is snnc's own, nengo_loihi the library's, or the chip.
Place = Literal["nengo_dl", "nengo", "emulator", "nengo_loihi"]


def chosen(program: Program, asked: Iterable[str] | None) -> list[Place]:
    """Return the places that were asked for, each once; without any, those that the spec's targets say."""
    on_loihi = "nengo_loihi" if program.loihi.target == "loihi" else "emulator"
    default = ["nengo_dl", *([on_loihi] if program.on_loihi else [])]
    known: dict[str, Place] = {place: place for place in get_args(Place)}
    places = []
    for name in dict.fromkeys(asked or default):
        if name not in known:
            raise UsageError(f"there is no place {name!r} to run on, only {', '.join(known)}")
        places.append(known[name])
    for place in ("emulator", "nengo_loihi"):
        if place in places and not program.on_loihi:
            raise UsageError(f'running on {place} is for specs with "loihi" among their targets')
    return places


def ensure_reachable(program: Program, places: Iterable[Place]) -> None:
    """Raise a UsageError if one of the places is a chip that isn't there."""
    if "nengo_loihi" in places and program.loihi.target == "loihi":
        ensure_chip()


def packages(places: Iterable[str]) -> tuple[str, ...]:
    """Return what has to be imported to run in some places."""
    return PACKAGES if "nengo_dl" in places else WITHOUT_TENSORFLOW
