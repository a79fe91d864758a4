"""What figures of a program's runs look like, decided once: in memory `running/plots.py` draws them, and the scripts themselves."""

from __future__ import annotations

from itertools import cycle
from typing import NamedTuple

from snnc.operators.linear import Shape
from snnc.program.program import Program
from snnc.scripts.neurons import Style, styles

#: How many items are shown over time, and how many neurons of a layer at most.
ITEMS, NEURONS = 5, 100
#: More classes than this have no numbers in the matrix, or no names beside it.
MOST_COUNTED, MOST_NAMED = 20, 40
#: The values of an item have names up to so many.
MOST_COLUMNS = 12
#: Longer names are cut; more letters than these have no room side by side.
LONGEST_NAME, MOST_LETTERS = 12, 40
#: Okabe and Ito's, which people with any colour vision tell apart; the first two are those of the right and a wrong class.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


class Figures(NamedTuple):
    """The figures of a program's runs."""

    program: Program

    @property
    def item_shape(self) -> Shape | None:
        """The shape in which Matplotlib draws an item, or None if it is no image."""
        *size, channels = shape = self.program.network.input_shape
        if len(shape) == 3 and channels == 1:
            return tuple(size)
        return shape if len(shape) == 2 or (len(shape) == 3 and channels == 3) else None

    @property
    def class_names(self) -> tuple[str, ...]:
        """What classes are called: their labels on one line, cut, or else their numbers."""
        labels = self.program.network.output.labels
        if labels is None:
            return tuple(map(str, range(self.program.network.output.classes)))
        return tuple(" ".join(label.split())[:LONGEST_NAME] for label in labels)

    @property
    def turns_names(self) -> bool:
        """Whether the names of classes have no room side by side."""
        return sum(len(name) for name in self.class_names) > MOST_LETTERS

    @property
    def names_classes(self) -> bool:
        return self.program.network.output.classes <= MOST_NAMED

    @property
    def counts_answers(self) -> bool:
        return self.program.network.output.classes <= MOST_COUNTED

    @property
    def spiking(self) -> list[str]:
        """The layers that spike: others put out something in every step."""
        return [p.name for p in self.program.network.populations if p.neurons.spiking]

    @property
    def tunings(self) -> list[tuple[str, str, Style]]:
        """Whose neurons, in which colour, for each kind of neurons in use."""
        coloured = zip(styles(self.program.network), cycle(COLOURS), strict=False)
        return [(style.layers or "all layers", colour, style) for style, colour in coloured]
