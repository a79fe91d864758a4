"""The neuron kind soft_lif."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.operators.call import Call
from snnc.spec.neurons.base import LifKind


class Neurons(LifKind):
    """The firing rate of LIF neurons with a softened threshold, nengo_dl.SoftLIFRate."""

    spiking: ClassVar[bool] = False
    on_loihi: ClassVar[bool] = False
    kind: Literal["soft_lif"]
    sigma: float = Field(
        0.02, gt=0, description="How soft the threshold is, without unit: 0 would be LIF."
    )

    def running(self) -> Call:
        return self.rates()

    def rates(self) -> Call:
        return Call("nengo_dl.SoftLIFRate", kwargs={"sigma": self.sigma, **self.arguments})
