"""A network, and how its spec says it is fed, trained and run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from snnc.operators.linear import Shape
from snnc.program.latency import latency
from snnc.program.network import Network
from snnc.spec.schedules.base import ScheduleKind
from snnc.spec.sources.base import FileKind

if TYPE_CHECKING:
    from pathlib import Path

    from snnc.operators.call import Call
    from snnc.spec.settings import LoihiSettings, Presentation, Scripts, Train
    from snnc.spec.sources.base import SourceKind

#: How many outputs of neurons are recorded at once: 200 MB, of which NengoDL holds several copies.
RECORDED = 50_000_000
#: How many steps of the optimiser are one call of TensorFlow: between calls Python takes as long as a step of a small network.
STEPS_AT_ONCE = 100


@dataclass(frozen=True, eq=False, repr=False)
class Program:
    """A network, and the experiment around it: its data, its training, how items are presented, and where it runs."""

    network: Network
    spec_path: Path
    targets: tuple[Literal["nengo_dl", "loihi"], ...]
    data: SourceKind
    presentation: Presentation
    train: Train
    loihi: LoihiSettings
    scripts: Scripts
    #: A file of the user's own, which stands in for what the source holds.
    data_file: Path | None = None
    #: Whether items have their channels first where they come from. The network sees them last.
    channels_first: bool = False

    @property
    def name(self) -> str:
        """The network's name, which all files of the program begin with."""
        return self.network.name

    @property
    def item_shape(self) -> Shape:
        """The shape of an item where it comes from."""
        *others, channels = self.network.input_shape
        return (channels, *others) if self.channels_first else self.network.input_shape

    @property
    def data_path(self) -> Path | None:
        """The file that items and labels are read from, if it is one."""
        if self.data_file is None and isinstance(self.data, FileKind):
            return self.spec_path.parent / self.data.path
        return self.data_file

    @property
    def split_seed(self) -> int:
        """The seed that draws the items held out, where the data don't come split."""
        written = self.data.drawn_by
        return self.network.seed if written is None else written

    @property
    def on_loihi(self) -> bool:
        return "loihi" in self.targets

    @property
    def validates(self) -> bool:
        """Whether some items aren't trained on, to see after every epoch how it does on them."""
        return self.train.validation_fraction is not None

    @property
    def starts_imported(self) -> bool:
        """Whether training starts from weights that were imported, and not at random."""
        return self.train.start == "imported"

    @property
    def plateau(self) -> Call | None:
        """Keras' callback that lowers the learning rate when epochs get no better, if one does."""
        rate = self.train.optimizer.learning_rate
        return rate.callback(self.validates) if isinstance(rate, ScheduleKind) else None

    @property
    def stream_steps(self) -> int:
        """How many steps a stream shows an item."""
        return round(self.presentation.time / self.network.dt)

    @property
    def gap_steps(self) -> int:
        """How many steps of zeros follow an item in a stream."""
        return round(self.presentation.gap / self.network.dt)

    @property
    def stream_latency(self) -> int:
        """How many steps later than an item ends its answer is read, on the chip."""
        on_chip = [population.name for population in self.network.populations_on_chip]
        return self._latency(on_chip)

    @property
    def fresh_latency(self) -> int:
        """How many steps later than an item ends its answer is read, where nothing is on a chip."""
        return self._latency(())

    def _latency(self, on_chip: Collection[str]) -> int:
        written = self.presentation.latency
        return latency(self.network, on_chip) if written is None else written

    @property
    def fresh_steps(self) -> int:
        """How many steps fresh evaluation shows an item."""
        return self.presentation.steps or self.stream_steps

    @property
    def items_at_once(self) -> int:
        """How many items fresh evaluation shows at once: a batch, or fewer where their spikes would take much memory."""
        recorded = self.fresh_steps * sum(
            population.size for population in self.network.populations
        )
        return min(self.train.batch_size, max(1, RECORDED // recorded))

    def read_steps(self, shown: int) -> int:
        """Return how many of an item's last steps the answer is the mean of."""
        if self.presentation.read == "last":
            return 1
        return max(1, round(self.presentation.read.mean_of_last * shown))
