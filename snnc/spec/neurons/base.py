"""Base classes of the neuron kinds: each gives the Nengo type that runs, and the one that is trained in its place.

Rates are in hertz for a normalised input: `max_rate` is reached at 1, firing starts at `intercept`.
"""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from snnc.operators.call import Call, Ratio
from snnc.spec.base import Model, PositiveSeconds, Seconds
from snnc.spec.gradients import Gradient, GradientName, Loihi, Rate, Smooth


class NeuronKind(Model):
    """Base class of all kinds."""

    #: Whether the kind sends spikes; the others put out their rate.
    spiking: ClassVar[bool]
    #: Whether Loihi has the kind.
    on_loihi: ClassVar[bool]
    default_gradient: ClassVar[GradientName]
    #: Whether a neuron may fire more than once in a step.
    bursts: ClassVar[bool] = False
    #: Whether the membrane leaks, so that the rate has no finite slope at threshold.
    leaky: ClassVar[bool] = False
    #: Whether training may soften the threshold.
    smooth_applies: ClassVar[bool] = False

    kind: str
    max_rate: float = Field(
        300.0,
        gt=0,
        description="Firing rate for an input of 1, in hertz; below 1 / tau_ref, on Loihi at most 1 / (dt * (1 + round(tau_ref / dt))).",
    )
    intercept: float = Field(
        0.0, ge=-1, le=0.95, description="Input at which the neuron starts to fire, without unit."
    )
    amplitude: float | None = Field(
        None,
        gt=0,
        description="What a spike counts, in seconds: the output is amplitude times the firing rate. Default: 1 / max_rate.",
    )

    @property
    def output_scale(self) -> float | Ratio:
        """The amplitude, as written or derived from max_rate."""
        return Ratio(1, self.max_rate) if self.amplitude is None else self.amplitude

    @property
    def output_value(self) -> float:
        """The amplitude as a number, in seconds."""
        scale = self.output_scale
        return scale.value if isinstance(scale, Ratio) else scale

    @property
    def refractory(self) -> float:
        """Refractory period, in seconds."""
        return 0.0

    def running(self) -> Call:
        """Return the Nengo neuron type that runs."""
        raise NotImplementedError

    def rates(self) -> Call:
        """Return the Nengo neuron type that puts out this kind's firing rate."""
        raise NotImplementedError

    def on_chip_rates(self) -> Call:
        """Return the type that trains with the firing rates of the chip."""
        raise NotImplementedError

    def trained(self, gradient: Gradient) -> Call:
        """Return the neuron type that training uses."""
        if isinstance(gradient, Rate):
            return self.rates()
        if isinstance(gradient, Loihi):
            return self.on_chip_rates()
        return self.softened(gradient)

    def softened(self, gradient: Smooth) -> Call:
        """Return the type with a softened threshold."""
        raise NotImplementedError


def from_rest(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments that start a spiking neuron at zero, as on the chip: by default Nengo draws the first voltages at random."""
    at_rest = {"voltage": Call("nengo.dists.Choice", ([0],))}
    return {**arguments, "initial_state": at_rest}


class LifKind(NeuronKind):
    """Leaky integrate and fire."""

    default_gradient: ClassVar[GradientName] = "smooth"
    leaky: ClassVar[bool] = True
    smooth_applies: ClassVar[bool] = True

    tau_rc: PositiveSeconds = Field(0.02, description="Membrane time constant, in seconds.")
    tau_ref: Annotated[Seconds, Field(lt=1)] = Field(
        0.001, description="Refractory period after a spike, in seconds."
    )

    @property
    def refractory(self) -> float:
        return self.tau_ref

    @property
    def arguments(self) -> dict[str, Any]:
        return {"tau_rc": self.tau_rc, "tau_ref": self.tau_ref, "amplitude": self.output_scale}

    def rates(self) -> Call:
        return Call("nengo.LIFRate", kwargs=self.arguments)

    def on_chip_rates(self) -> Call:
        return Call("nengo_loihi.LoihiLIF", kwargs=self.arguments)

    def softened(self, gradient: Smooth) -> Call:
        return Call("nengo_dl.SoftLIFRate", kwargs={"sigma": gradient.sigma, **self.arguments})


class ReluKind(NeuronKind):
    """Integrate and fire without a leak: the rate is a rectified line."""

    default_gradient: ClassVar[GradientName] = "rate"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"amplitude": self.output_scale}

    def rates(self) -> Call:
        return Call("nengo.RectifiedLinear", kwargs=self.arguments)

    def on_chip_rates(self) -> Call:
        return Call("nengo_loihi.LoihiSpikingRectifiedLinear", kwargs=self.arguments)
