"""The base of layer kinds: tables of the spec that know how they lower to operators and populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from pydantic import Discriminator, Field, Tag

from snnc.diagnostics.diagnostic import KeyPath
from snnc.operators.linear import Operator, Shape, ShapeError
from snnc.spec.base import Bare, Count, Model, Name, default_kind
from snnc.spec.settings import FiringRates
from snnc.spec.synapses import Synapse
from snnc.spec.weights import L1, L2, BatchNorm, Normalisation

if TYPE_CHECKING:
    from snnc.operators.conv1d import Conv1D
    from snnc.operators.conv2d import Conv2D
    from snnc.operators.dense import Dense
    from snnc.operators.depthwise_conv2d import DepthwiseConv2D

    Weights = Dense | Conv1D | Conv2D | DepthwiseConv2D


class Flow(NamedTuple):
    """Values on their way to the next population: where they come from, and the operators they pass.

    `via` is the layer, or the input, that was named as their source. Where `terms` are, values are the sum of these, and
    have no other source.
    """

    source: str
    shape: Shape
    operators: tuple[Operator, ...] = ()
    via: str = ""
    terms: tuple[Flow, ...] = ()

    def then(self, operator: Operator) -> Flow:
        """Return the values after one more operator."""
        shape = operator.shape(self.shape)
        return self._replace(shape=shape, operators=(*self.operators, operator))

    def placed(self, at: KeyPath) -> Flow:
        """Return the values with `at` as the place of each operator that has none yet."""
        operators = (op if op.at else replace(op, at=at) for op in self.operators)
        terms = (term.placed(at) for term in self.terms)
        return self._replace(operators=tuple(operators), terms=tuple(terms))


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
    #: Whether it may have weights alone.
    may_be_linear: ClassVar[bool] = False

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

    @property
    def has_neurons(self) -> bool:
        """Whether it ends in neurons, and isn't linear."""
        return self.neurons != WITHOUT


def joined(flows: Sequence[Flow]) -> Flow:
    """Return the sum of flows of one shape as one flow. What they pass from there on is trained once."""
    terms: list[Flow] = []
    for flow in flows:
        *shared, last = flow.operators
        if flow.terms and shared:
            message = (
                f"'{flow.via}' is concatenated already, and changed before it is concatenated again"
            )
            raise ShapeError(message, "from", f"let a layer with neurons read '{flow.via}' first")
        terms += [term.then(last) for term in flow.terms] or [flow]
    first = terms[0]
    return Flow(first.source, first.shape, terms=tuple(terms))


#: What a layer has for neurons that has none.
WITHOUT = {"kind": "none"}


class WeightedLayer(NeuronLayer):
    """A layer with weights in front of its neurons. It may leave out the neurons: then it is linear, for layers that add it up."""

    may_be_linear: ClassVar[bool] = True

    neurons: Annotated[dict[str, Any] | None, Bare] = Field(
        None,
        description='What differs from [neurons], key by key, or another kind of neuron; "none" for weights alone, as a layer of '
        "Keras without an activation.",
    )
    use_bias: bool = Field(
        True, description="Whether the weights come with a trained bias, as in Keras."
    )
    batch_norm: BatchNorm = False
    l1: L1 = 0.0
    l2: L2 = 0.0

    def weighted(self, operator: Weights, sources: Sequence[Flow], network: Builder) -> Flow:
        """Return what comes out of the layer's neurons, or of its weights if it has none."""
        flows = normalised(operator.name, summed(operator, sources), self.batch_norm)
        if self.has_neurons:
            return network.population(operator.name, self, flows)
        if len(flows) > 1:
            message = (
                "a layer without neurons follows one layer: neurons add up what comes from several"
            )
            hint = 'write a layer for each of them, and one of kind = "add" behind these'
            raise ShapeError(message, "from", hint)
        return flows[0]


def summed(operator: Weights, sources: Sequence[Flow]) -> list[Flow]:
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
