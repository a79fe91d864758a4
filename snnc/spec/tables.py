"""The spec's root table, and the tables that lowering turns into populations and connections."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import CONFLICTING_KEYS
from snnc.spec.base import Count, Model, Name, Seed, default_kind, once
from snnc.spec.kinds import Later
from snnc.spec.layers import Layer
from snnc.spec.neurons import Neurons
from snnc.spec.settings import LoihiSettings, Presentation, Scripts, Train
from snnc.spec.sources import Source
from snnc.spec.synapses import Synapse
from snnc.spec.weights import L1, L2

if TYPE_CHECKING:
    from snnc.spec.study import Study
else:
    Study = Annotated[Any, Later("snnc.spec.study", "Study")]

Target = Literal["nengo_dl", "loihi"]
#: A TOML array becomes a tuple, so that a spec is immutable.
_Tuple = Field(strict=False)


class Network(Model):
    """The network as a whole."""

    name: Name = Field(description="Names the network, its scripts and its files.")
    seed: Seed = Field(
        0, description="Seeds the split of the data, the weights and the order of items."
    )
    dt: Annotated[float, Field(ge=1e-9, lt=0.1)] = Field(
        0.001, description="Length of a time step, in seconds."
    )


class Input(Model):
    """The items that the network is shown."""

    shape: Annotated[tuple[Count, ...], Field(min_length=1), _Tuple] = Field(
        description="Shape of an item as it is in the data, without the number of items."
    )
    axes: Literal["channels_last", "channels_first"] = Field(
        "channels_last",
        description="Which axis of an item in the data has the channels: the last, as layers take them, or the first, as "
        "PyTorch has them, for items of [channels, height, width] or [channels, length]; those become the last.",
    )

    @model_validator(mode="after")
    def _has_channels(self) -> Self:
        if self.axes == "channels_first" and len(self.shape) < 2:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "a row has no channels to come first: shape is [channels, height, width], or [channels, length]",
                {"key": "axes"},
            )
        return self

    @property
    def seen(self) -> tuple[int, ...]:
        """The shape of an item as the network sees it: its channels are last."""
        first, *others = self.shape
        return (*others, first) if self.axes == "channels_first" else self.shape


class Synapses(Model):
    """Filters; training has none."""

    layer: Annotated[Synapse, default_kind("lowpass")] = Field(
        "lowpass", validate_default=True, description="On the spikes that a layer receives."
    )
    output: Annotated[Synapse, default_kind("lowpass")] | None = Field(
        None, description="On the spikes that the output receives. Default: as layer."
    )
    probe: Annotated[Synapse, default_kind("alpha")] = Field(
        "none",
        validate_default=True,
        description="On the recorded output; it remembers the item before.",
    )


class Output(Model):
    """The readout: a linear map on the host, one value a class."""

    classes: int = Field(ge=2, le=10**9, description="How many classes there are.")
    softmax: Literal["loss", "host", "offline"] = Field(
        "loss",
        description="Where probabilities come from when the network runs: nowhere (loss), a host node behind the output "
        "filter (host), or numpy after the run (offline). Training always has the softmax in the loss.",
    )
    labels: Annotated[tuple[str, ...], AfterValidator(once), _Tuple] | None = Field(
        None,
        description="The names of the classes, in order; reports then say the accuracy of each. Labels that are text in the "
        "data (csv, openml) are looked up here.",
    )
    use_bias: bool = Field(True, description="Whether the readout has a bias, as in Keras.")
    l1: L1 = 0.0
    l2: L2 = 0.0
    from_: Annotated[tuple[Name, ...], Field(min_length=1), _Tuple] | None = Field(
        None, alias="from", description="Which layers the output reads. Default: the last."
    )


class Spec(Model):
    """A whole spec."""

    snnc: Annotated[int, Field(ge=1, le=1)] = Field(1, description="Version of the spec language.")
    targets: Annotated[tuple[Target, ...], Field(min_length=1), AfterValidator(once), _Tuple] = (
        Field(
            ("nengo_dl", "loihi"),
            description="What the network is for. With loihi, what the chip can't do is an error, and a second script is written.",
        )
    )
    network: Network
    data: Source = Field(description="Where the items come from.")
    input: Input
    presentation: Presentation = Field({}, validate_default=True)
    neurons: Annotated[Neurons, default_kind("lif")] = Field(
        "lif",
        validate_default=True,
        description="What runs, unless a layer overrides it key by key.",
    )
    synapses: Synapses = Field({}, validate_default=True)
    layers: Annotated[tuple[Layer, ...], Field(min_length=1), _Tuple] = Field(
        description="The layers, each following the one before it or those that it names."
    )
    output: Output
    train: Train = Field({}, validate_default=True)
    loihi: LoihiSettings = Field({}, validate_default=True)
    scripts: Scripts = Field({}, validate_default=True)
    study: Study | None = Field(
        None, description="What snnc study searches: keys that vary, and what is good."
    )
    allow: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        {}, description="Warnings that are meant: the code of each, and the reason."
    )
