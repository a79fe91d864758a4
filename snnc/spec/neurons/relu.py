"""The neuron kind relu."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.neurons.base import ReluKind


class Neurons(ReluKind):
    """Rectified linear units, without spikes, nengo.RectifiedLinear."""

    spiking: ClassVar[bool] = False
    on_loihi: ClassVar[bool] = False
    kind: Literal["relu"]

    def running(self) -> Call:
        return self.rates()
