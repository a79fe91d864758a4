"""The neuron kind loihi_lif."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.gradients import GradientName
from snnc.spec.neurons.base import LifKind, from_rest


class Neurons(LifKind):
    """LIF neurons with Loihi's rounding of time, nengo_loihi.neurons.LoihiLIF; on the chip the same as lif."""

    spiking: ClassVar[bool] = True
    on_loihi: ClassVar[bool] = True
    default_gradient: ClassVar[GradientName] = "loihi"
    smooth_applies: ClassVar[bool] = False
    kind: Literal["loihi_lif"]

    def running(self) -> Call:
        return Call("nengo_loihi.LoihiLIF", kwargs=from_rest(self.arguments))
