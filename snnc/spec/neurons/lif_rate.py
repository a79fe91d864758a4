"""The neuron kind lif_rate."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.neurons.base import LifKind


class Neurons(LifKind):
    """The firing rate of LIF neurons, without spikes, nengo.LIFRate."""

    spiking: ClassVar[bool] = False
    on_loihi: ClassVar[bool] = False
    kind: Literal["lif_rate"]

    def running(self) -> Call:
        return self.rates()
