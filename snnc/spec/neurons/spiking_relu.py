"""The neuron kind spiking_relu."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.neurons.base import ReluKind, from_rest


class Neurons(ReluKind):
    """Integrate-and-fire neurons without a leak, nengo.SpikingRectifiedLinear."""

    spiking: ClassVar[bool] = True
    bursts: ClassVar[bool] = True
    on_loihi: ClassVar[bool] = True
    kind: Literal["spiking_relu"]

    def running(self) -> Call:
        return Call("nengo.SpikingRectifiedLinear", kwargs=from_rest(self.arguments))
