"""The neuron kind loihi_spiking_relu."""

from typing import ClassVar, Literal

from snnc.operators.call import Call
from snnc.spec.gradients import GradientName
from snnc.spec.neurons.base import ReluKind


class Neurons(ReluKind):
    """Spiking ReLU with Loihi's threshold and reset, nengo_loihi.neurons.LoihiSpikingRectifiedLinear."""

    spiking: ClassVar[bool] = True
    on_loihi: ClassVar[bool] = True
    default_gradient: ClassVar[GradientName] = "loihi"
    kind: Literal["loihi_spiking_relu"]

    def running(self) -> Call:
        # This type starts at zero by itself.
        return Call("nengo_loihi.LoihiSpikingRectifiedLinear", kwargs=self.arguments)
