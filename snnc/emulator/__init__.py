"""The chip, emulated for many items at once: bit for bit what NengoLoihi's own emulator computes for one after the other."""

from snnc.emulator.emulator import Emulator
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.result import Batch, Result, Size

__all__ = ["Batch", "Emulator", "NotEmulatedError", "Result", "Size"]
