"""A drop-in for nengo_loihi.Simulator."""

from __future__ import annotations

from typing import Any

import nengo
import nengo_loihi
from nengo.exceptions import ValidationError
from nengo_loihi.simulator import StepRunner

from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.interface import ChipInterface


class Simulator(nengo_loihi.Simulator):  # type: ignore[misc]
    """nengo_loihi.Simulator, with compiled code in the place of its emulated chip.

    It takes the same arguments and has the same methods, and all values are equal bit for bit, however a run is cut into
    steps. The host is Nengo's own: a function of a node is called once in every step, in order. A NotEmulatedError names the
    part of a network that isn't emulated.
    """

    def __init__(
        self,
        network: nengo.Network,
        dt: float = 0.001,
        seed: int | None = None,
        model: Any = None,
        precompute: bool | None = None,
        target: str | None = None,
        progress_bar: Any = None,
        remove_passthrough: bool = True,
        hardware_options: dict[str, Any] | None = None,
    ) -> None:
        self.closed = True  # for __del__, whatever happens here
        if target == "loihi":
            raise ValidationError(
                "this simulator is an emulator; nengo_loihi.Simulator runs networks on the chip",
                attr="target",
            )
        super().__init__(
            network,
            dt=dt,
            seed=seed,
            model=model,
            precompute=precompute,
            target="sim" if target is None else target,
            progress_bar=progress_bar,
            remove_passthrough=remove_passthrough,
            hardware_options=hardware_options,
        )
        # "simreal" is NengoLoihi's own in all: numbers there aren't whole.
        if self.target == "sim":
            self._compile()

    def _compile(self) -> None:
        """Put compiled code in the place of NengoLoihi's emulated chip."""
        own = self.sims["emulator"]
        try:
            self.sims["emulator"] = ChipInterface(self.model, own)
        except NotEmulatedError:
            self.close()
            raise
        self._runner = StepRunner(self.model, self.sims, self.precompute, self.timers)
