"""The chip, emulated for many items at once: bit for bit as NengoLoihi's own emulator, which takes one after the other."""

from snnc.environment import compat

compat.prepare()  # before NengoLoihi is imported

from snnc.emulator.emulator import Emulator  # noqa: E402
from snnc.emulator.errors import NotEmulatedError  # noqa: E402
from snnc.emulator.floats import Floats  # noqa: E402
from snnc.emulator.result import Batch, Result, Size  # noqa: E402
from snnc.emulator.simulator import Simulator  # noqa: E402
from snnc.emulator.traffic import Traffic  # noqa: E402

__all__ = [
    "Batch",
    "Emulator",
    "Floats",
    "NotEmulatedError",
    "Result",
    "Simulator",
    "Size",
    "Traffic",
]
