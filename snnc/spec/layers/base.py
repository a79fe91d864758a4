"""The base of layer kinds: tables of the spec that know how they lower to operators and populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Discriminator, Field, Tag

from snnc.diagnostics.diagnostic import KeyPath
from snnc.operators.linear import Operator, Shape, ShapeError
from snnc.spec.base import Bare, Count, Model, Name, default_kind
from snnc.spec.settings import FiringRates
from snnc.spec.synapses import Synapse
from snnc.spec.weights import Normalisation

if TYPE_CHECKING:
    from snnc.operators.conv1d import Conv1D
    from snnc.operators.conv2d import Conv2D
    from snnc.operators.dense import Dense


@dataclass(frozen=True, eq=False, repr=False)
class Flow:
    """Values on their way to the next population: where they come from, and the operators they pass.

    `via` is the layer, or the input, that was named as their source.
    """

    source: str
    shape: Shape
    operators: tuple[Operator, ...] = ()
    via: str = ""

    def then(self, operator: Operator) -> Flow:
        """Return the values after one more operator."""
        shape = operator.shape(self.shape)
        return replace(self, shape=shape, operators=(*self.operators, operator))

    def placed(self, at: KeyPath) -> Flow:
        """Return the values with `at` as the place of each operator that has none yet."""
        operators = (op if op.at else replace(op, at=at) for op in self.operators)
        return replace(self, operators=tuple(operators))


class Builder(Protocol):
    """The network that a layer is lowered into."""

    def population(self, name: str, layer: NeuronLayer, sources: Sequence[Flow]) -> Flow:
        """Add a layer's neurons, driven by the sum of the sources; return their output."""


def _word_or_numbers(value: object) -> str:
    return "word" if isinstance(value, str) else "numbers"


#: The shape of the blocks that a layer is cut into, or that the compiler chooses it.
BlockShape = Annotated[
    Annotated[Literal["auto"], Tag("word")]
    | Annotated[tuple[Count, ...], Field(min_length=1, strict=False), Tag("numbers")],
    Discriminator(_word_or_numbers),
]


class LayerKind(Model):
    """The base of all layers."""

    #: Whether the layer may sum several sources.
    takes_several: ClassVar[bool] = False

    kind: str
    name: Name | None = Field(
        None, description="The layer's name. Default: its kind and number, as in dense1."
    )
    from_: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = Field(
        None,
        alias="from",
        description='What the layer follows: earlier layers, or "input"; several are summed. Default: the layer before.',
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        """Return the layer's output, given its sources."""
        raise NotImplementedError


class NeuronLayer(LayerKind):
    """A layer that ends in neurons."""

    takes_several: ClassVar[bool] = True

    neurons: Annotated[dict[str, Any] | None, Bare] = Field(
        None, description="What differs from [neurons], key by key, or another kind of neuron."
    )
    synapse: Annotated[Synapse, default_kind("lowpass")] | None = Field(
        None, description="On the spikes that the layer receives. Default: synapses.layer."
    )
    on_chip: bool | None = Field(
        None,
        description="Whether the layer runs on the chip. Default: yes, unless it reads the input: "
        "that layer runs on the host and turns values into spikes.",
    )
    block_shape: BlockShape = Field(
        "auto",
        description='How many neurons of each dimension share a core of the chip, at most 1024 in all. With "auto", the blocks '
        "of the fewest cores that fit, all layers together.",
    )
    pop_type: Literal[16, 32] | None = Field(
        None,
        description="How many bits the axons of convolutions into the layer take on the chip, as NengoLoihi has them: with 16, "
        "filters and channels come in fours. Default: 32.",
    )
    rate_scale: Annotated[float, Field(gt=0, le=100)] = Field(
        1.0,
        description="How many times as fast the neurons run as they were trained to; a spike counts so much less. No training "
        "depends on it.",
    )
    firing_rates: FiringRates | None = Field(
        None, description="What differs from train.firing_rates, key by key."
    )


def summed(operator: Dense | Conv1D | Conv2D, sources: Sequence[Flow]) -> list[Flow]:
    """Return sources that pass weights of their own each. One bias for the sum: the first source brings it."""
    first, *others = sources
    biasless = replace(operator, use_bias=False)
    return [first.then(operator), *(source.then(biasless) for source in others)]


def normalised(
    name: str, sources: Sequence[Flow], batch_norm: bool | Normalisation
) -> Sequence[Flow]:
    """Return a source with batch normalisation behind it, if there is to be one."""
    if not batch_norm:
        return sources
    from snnc.operators.batch_norm import BatchNorm  # most networks have none

    if len(sources) > 1:
        raise ShapeError("batch_norm takes one source: a sum is not normalised", "batch_norm")
    how = Normalisation() if batch_norm is True else batch_norm
    return [source.then(BatchNorm(f"{name}_norm", how.momentum, how.epsilon)) for source in sources]
