"""The rule on images: which of their axes are the channels."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.checks.rule import rule
from snnc.diagnostics.codes import warning
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.operators.linear import Pair
from snnc.program.item_shapes import FEW, MANY, channels_first, channels_last
from snnc.program.network import Network
from snnc.program.program import Program

CHANNEL_ORDER = warning("channel-order")


@rule
def channels_last_of_all(program: Program) -> Iterator[Diagnostic]:
    """Layers take the last axis for the channels; where channels are first they look at slices through the image."""
    shape = program.network.input_shape
    windows = _windows(program.network)
    if program.channels_first or not windows:
        return
    if len(shape) == 2 and shape[0] <= FEW < MANY < shape[1]:
        length, channels = shape
        message = (
            f"a series is length, channels: this is {length} long, and has {channels} channels"
        )
        hint = f'write axes = "channels_first" in [input], or shape = {[channels, length]} if length comes first in the data'
        yield Diagnostic(CHANNEL_ORDER, message, ("input", "shape"), hint=hint)
    if not channels_first(shape):
        return
    # Who looks along one axis alone means a single row of a series.
    if shape[0] == 1 and all(height == 1 for height, _ in windows) and set(windows) != {(1, 1)}:
        return
    height, width, channels = shape
    hint = 'write axes = "channels_first"'
    if height > 1:
        last = list(channels_last(shape))
        hint += f" if channels come first in the data, or shape = {last} if they come last"
    yield Diagnostic(
        CHANNEL_ORDER,
        f"images are height, width, channels: this is {height} high, {width} wide, and has {channels} channels",
        ("input", "shape"),
        hint=hint,
    )


def _windows(network: Network) -> list[Pair]:
    """Return the sizes of all windows of a network that looks at images."""
    return [op.receptive_field.window for op in network.operators if op.receptive_field]
