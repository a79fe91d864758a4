"""The neuron kind lif."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.neurons.base import LifKind, from_rest


class Neurons(LifKind):
    """Leaky integrate-and-fire neurons, nengo.LIF."""

    spiking: ClassVar[bool] = True
    on_loihi: ClassVar[bool] = True
    kind: Literal["lif"]

    def running(self) -> Call:
        return Call("nengo.LIF", kwargs=from_rest(self.arguments))
