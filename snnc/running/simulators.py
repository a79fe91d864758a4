"""The simulators that a network can run in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from snnc.diagnostics.errors import UsageError
from snnc.environment.libraries import PACKAGES, WITHOUT_TENSORFLOW, ensure_chip
from snnc.program.program import Program

#: emulator is snnc's own; nengo_loihi is the library's, or the chip. nengo_fresh and nengo are snnc's own too, with the values of nengo.
SimulatorName = Literal["nengo_fresh", "nengo_dl", "nengo", "emulator", "nengo_loihi"]
#: These show items fresh, the others as a stream.
FRESH: tuple[SimulatorName, ...] = ("nengo_fresh", "nengo_dl")


def chosen(program: Program, asked: Iterable[str] | None) -> list[SimulatorName]:
    """Return the simulators that were asked for, each once; by default those of the spec's targets."""
    on_loihi = "nengo_loihi" if program.loihi.target == "loihi" else "emulator"
    default = ["nengo_fresh", *([on_loihi] if program.on_loihi else [])]
    known: dict[str, SimulatorName] = {name: name for name in get_args(SimulatorName)}
    simulators = []
    for name in dict.fromkeys(asked or default):
        if name not in known:
            raise UsageError(f"there is no place {name!r} to run on, only {', '.join(known)}")
        simulators.append(known[name])
    for name in ("emulator", "nengo_loihi"):
        if name in simulators and not program.on_loihi:
            raise UsageError(f'running on {name} is for specs with "loihi" among their targets')
    return simulators


def ensure_reachable(program: Program, simulators: Iterable[SimulatorName]) -> None:
    """Raise a UsageError if one of the simulators is a chip that isn't there."""
    if "nengo_loihi" in simulators and program.loihi.target == "loihi":
        ensure_chip()


def packages(simulators: Iterable[str]) -> tuple[str, ...]:
    """Return the packages to import for some simulators."""
    return PACKAGES if "nengo_dl" in simulators else WITHOUT_TENSORFLOW
