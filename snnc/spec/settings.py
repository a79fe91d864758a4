"""Tables of a spec that lowering passes to the program unchanged."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from snnc.spec.base import Count, Fraction, Model, PositiveSeconds, Seconds, default_kind
from snnc.spec.gradients import Gradient
from snnc.spec.optimizers import Optimizer

#: Which share of a presentation is read, unless it is written.
USUAL_SHARE = 0.5


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
        MeanOfLast.model_construct(mean_of_last=USUAL_SHARE),
        description="What the answer is read from: { mean_of_last = share }, or the last step.",
    )
    latency: Annotated[int, Field(ge=0, le=10**9)] | None = Field(
        None,
        description="How many steps later than an item ends its answer is read: until then the next item has no effect on it. "
        "Default: as many as an item takes to its first effect on the recorded output.",
    )
    gap: Seconds = Field(
        0.0,
        description="How long a stream shows zeros after an item, in seconds; a multiple of dt. Layers with biases answer zeros, too: "
        "it clears no filter.",
    )
    steps: Count | None = Field(
        None, description="How many steps fresh evaluation shows an item. Default: time / dt."
    )


class EarlyStopping(Model):
    """When training ends before its last epoch, as Keras' EarlyStopping has it."""

    monitor: Literal["val_loss", "val_accuracy"] = Field(
        "val_loss", description="What has to get better on the items that validate."
    )
    patience: Count = Field(
        description="For how many epochs in a row it may get no better before training ends."
    )
    min_delta: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Only a gain that is larger than this counts."
    )
    restore_best_weights: bool = Field(
        False,
        description="Whether the weights of the best epoch are kept instead of the last one's, also if training isn't "
        "stopped.",
    )


class FiringRates(Model):
    """A band that training keeps firing rates in.

    Added to the loss is, for each layer, weight times the mean square over its neurons and the items of a batch of how far
    a rate is outside of the band, as a share of max_rate.
    """

    min: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Lowest rate of a neuron for any item, in hertz."
    )
    max: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Highest rate, in hertz. Default: the layer's max_rate."
    )
    weight: Annotated[float, Field(ge=0)] = Field(
        1.0, description="Weight in the loss, without unit; 0 leaves a layer free."
    )

    def overridden(self, own: "FiringRates") -> "FiringRates":
        """Return these settings with the ones that `own` sets."""
        return self.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})


class Train(Model):
    """How the network is trained."""

    gradient: Gradient | None = Field(
        None,
        description="What is differentiated. Default, per layer: smooth for lif, lif_rate and soft_lif, rate for relu and "
        "spiking_relu, loihi for the loihi kinds.",
    )
    optimizer: Annotated[Optimizer, default_kind("adam")] = Field(
        "adam", validate_default=True, description="Keras' optimiser."
    )
    start: Literal["random", "imported"] = Field(
        "random",
        description="Where weights begin: drawn by the seed, or as a model had them that snnc import has read (fine-tuning).",
    )
    epochs: int = Field(
        10,
        ge=1,
        le=999,
        description="How often each item is trained on; with early_stopping, at most.",
    )
    batch_size: Count = Field(
        200, description="How many items a step of training, or of evaluation, takes."
    )
    validation_fraction: Fraction | None = Field(
        None,
        description="Share of the training items that isn't trained on, nor scaling fitted on, rounded up; drawn by the seed. "
        "Every epoch ends with the loss and the accuracy of rate neurons on them.",
    )
    early_stopping: EarlyStopping | None = Field(
        None,
        description="When to stop before the last epoch, judged by the items that validate.",
    )
    class_weight: Literal["balanced"] | None = Field(
        None,
        description="How much items of each class count in the loss of training, as Keras' class_weight: balanced, as scikit-learn "
        "has it, for all classes together as much. Default: each item as much.",
    )
    firing_rates: FiringRates | None = Field(
        None, description="A band to keep firing rates in, unless a layer overrides it key by key."
    )


class LoihiSettings(Model):
    """How the chip is used."""

    target: Literal["sim", "loihi"] = Field(
        "sim",
        description="Where the Loihi script runs by default: sim, NengoLoihi's emulator, or loihi, the chip.",
    )


class Scripts(Model):
    """Options that emitted scripts have beside training and running; each adds lines to them."""

    resume: bool = Field(
        False,
        description="Whether the training script keeps a checkpoint of every epoch, and goes on from it with --resume.",
    )
    compat: bool = Field(
        False,
        description="Whether the scripts run alone on Python 3.12 and later, by a module of its own beside them that they import first, "
        "NAME_compat.py. Without it, python -m snnc.compat runs them there.",
    )
    plots: bool = Field(
        False,
        description="Whether the scripts draw their runs with --plot, by a module of its own beside them, NAME_plots.py.",
    )
