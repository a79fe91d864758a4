"""The spec language: the root tables. Layers, neurons, synapses, gradients, optimisers and sources have modules of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from snnc.gradients import Gradient
from snnc.layers import Layer
from snnc.model import Fraction, Model, Name, PositiveSeconds, Seconds
from snnc.neurons import Neurons
from snnc.optimizers import Optimizer
from snnc.sources import Source
from snnc.synapses import Synapse

#: Every epoch is seeded by 1000 * seed + epoch + 1, which has to stay below 2**32.
LARGEST_SEED = 4_000_000

Target = Literal["nengo_dl", "loihi"]
#: A value is a list in TOML, and a tuple here, so that a spec is immutable.
_Tuple = Field(strict=False)


class Network(Model):
    """The network as a whole."""

    name: Name = Field(description="Names the network, its scripts and its files.")
    seed: int = Field(
        0, ge=0, le=LARGEST_SEED, description="Seeds the split of the data, the weights and the order of items."
    )
    dt: PositiveSeconds = Field(0.001, description="Length of a time step, in seconds.")


class Input(Model):
    """What the network is shown."""

    shape: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1), _Tuple] = Field(
        description="Shape of an item, without the number of items."
    )


class MeanOfLast(Model):
    """The mean of the output over the end of the presentation."""

    mean_of_last: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Which share of the presentation, from its end; at least one step."
    )


def _reading(value: object) -> str:
    return "mean" if isinstance(value, dict | MeanOfLast) else "last"


Reading = Annotated[
    Annotated[Literal["last"], Tag("last")] | Annotated[MeanOfLast, Tag("mean")],
    Discriminator(_reading),
]


class Presentation(Model):
    """How items are shown to a network that runs over time."""

    time: PositiveSeconds = Field(
        0.1, description="How long a stream shows an item, in seconds; a multiple of dt."
    )
    read: Reading = Field(
        "last", description="What the answer is read from: the last step, or { mean_of_last = share }."
    )
    gap: Seconds = Field(
        0.0, description="How long a stream shows zeros after an item, in seconds; a multiple of dt."
    )
    steps: Annotated[int, Field(ge=1)] | None = Field(
        None, description="How many steps fresh evaluation shows an item. Default: time / dt."
    )


class Synapses(Model):
    """Filters; training has none."""

    layer: Synapse = Field(
        "lowpass", validate_default=True, description="On the spikes that a layer receives."
    )
    output: Synapse | None = Field(
        None, description="On the spikes that the output receives. Default: as layer."
    )
    probe: Synapse = Field("alpha", validate_default=True, description="On the recorded output.")


class Output(Model):
    """The readout: a linear map on the host, one value a class."""

    classes: int = Field(ge=2, description="How many classes there are.")
    softmax: Literal["loss", "host", "offline"] = Field(
        "loss",
        description="Where probabilities come from when the network runs: nowhere (loss), a host node behind the output "
        "filter (host), or numpy after the run (offline). Training always has the softmax in the loss.",
    )
    labels: Annotated[tuple[str, ...], _Tuple] | None = Field(
        None, description="The names of the classes, in order; reports then say the accuracy of each."
    )
    use_bias: bool = Field(True, description="Whether the readout has a bias, as in Keras.")
    from_: Annotated[tuple[Name, ...], Field(min_length=1), _Tuple] | None = Field(
        None, alias="from", description="Which layers the output reads. Default: the last."
    )


class Train(Model):
    """How the network is trained."""

    gradient: Gradient | None = Field(
        None,
        description="What is differentiated. Default, per layer: smooth for lif, lif_rate and soft_lif, rate for relu and "
        "spiking_relu, loihi for the loihi kinds.",
    )
    optimizer: Optimizer = Field("adam", validate_default=True, description="Keras' optimiser.")
    epochs: int = Field(10, ge=1, le=999, description="How often each item is trained on.")
    batch_size: int = Field(200, ge=1, description="How many items a step of training, or of evaluation, takes.")


class Loihi(Model):
    """How the chip is used."""

    target: Literal["sim", "loihi"] = Field(
        "sim", description="Where the Loihi script runs by default: sim, NengoLoihi's emulator, or loihi, the chip."
    )


class Spec(Model):
    """A whole spec."""

    snnc: Literal[1] = Field(1, description="Version of the spec language.")
    targets: Annotated[tuple[Target, ...], Field(min_length=1), _Tuple] = Field(
        ("nengo_dl", "loihi"),
        description="What the network is for. With loihi, what the chip can't do is an error, and a second script is written.",
    )
    network: Network
    data: Source
    input: Input
    presentation: Presentation = Field({}, validate_default=True)
    neurons: Neurons = Field(
        "lif", validate_default=True, description="What runs, unless a layer overrides it key by key."
    )
    synapses: Synapses = Field({}, validate_default=True)
    layers: Annotated[tuple[Layer, ...], Field(min_length=1), _Tuple]
    output: Output
    train: Train = Field({}, validate_default=True)
    loihi: Loihi = Field({}, validate_default=True)
