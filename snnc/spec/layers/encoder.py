"""Neurons that turn the input into spikes, value by value."""

from typing import Literal

from pydantic import Field

from snnc.operators.linear import ShapeError
from snnc.operators.on_off import OnOff
from snnc.spec.base import INPUT
from snnc.spec.layers.base import Builder, Flow, NeuronLayer


class Layer(NeuronLayer):
    """A neuron for each value of the input, or two; nothing is trained. A trained encoder is a conv2d of 1 x 1."""

    kind: Literal["encoder"]
    mode: Literal["identity", "on_off"] = Field(
        "identity",
        description="One neuron a value, which is silent for negative ones (identity), or one for the value and one for its negative (on_off).",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        if any(source.source != INPUT for source in sources):
            message = "an encoder follows the input, and others follow it"
            hint = "" if self.from_ else "leave the layer out: the one before makes spikes already"
            raise ShapeError(message, "from", hint)
        encoded = [source.then(OnOff(name)) for source in sources]
        return network.population(name, self, encoded if self.mode == "on_off" else sources)
