"""The rungs of the ladder: the same items in the float twin, as rates, and as spikes in floats and on the chip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.emulated import emulate
from snnc.running.floats import in_floats
from snnc.running.rates import rate_answers
from snnc.running.statistics import Interval, accuracy, paired_difference

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Place = Literal["float", "rates", "spikes", "fresh", "stream"]

#: Of so many items the activity of each layer is compared.
COMPARED = 500


@dataclass(frozen=True, eq=False)
class Rung:
    """One way to run items: which were answered right, (n,), and the rates of some of them, (items, neurons), by layer.

    Rates are in hertz, as a layer was trained: those of a layer that runs faster are divided by its rate_scale. A rung that
    can't run has a `refusal`, and nothing right.
    """

    name: str
    place: Place
    correct: NDArray[np.bool_]
    seconds: float | None = None
    rates: dict[str, Array] = field(default_factory=dict)
    refusal: str = ""

    @property
    def accuracy(self) -> Interval:
        return accuracy(self.correct)

    def minus(self, above: Rung) -> Interval:
        """Return the paired difference of accuracies from another rung, on the same items."""
        return paired_difference(self.correct, above.correct)

    def loses_from(self, above: Rung) -> bool:
        """Whether it is less accurate by more than chance, at 95 %."""
        return self.minus(above).high < 0


@dataclass(frozen=True, eq=False)
class Likeness:
    """How a layer's activity goes with that of the rung above: correlation, and root mean square error as a share of its spread."""

    layer: str
    correlation: float
    error: float


def likeness(rung: Rung, above: Rung) -> tuple[Likeness, ...]:
    """Compare the rates of all neurons for the same items, layer by layer; nothing if one of the rungs has none."""
    found = []
    for layer in rung.rates.keys() & above.rates.keys():
        ours, theirs = rung.rates[layer].ravel(), above.rates[layer].ravel()
        spread = float(theirs.std())
        varies = spread > 0 and ours.std() > 0
        together = float(np.corrcoef(ours, theirs)[0, 1]) if varies else 0.0
        error = float(np.sqrt(np.mean((ours - theirs) ** 2))) / spread if spread else 0.0
        found.append(Likeness(layer, together, error))
    return tuple(sorted(found, key=lambda each: list(above.rates).index(each.layer)))


def rungs(program: Program, x: Array, y: Labels, twin: Labels | None) -> Iterator[Rung]:
    """Yield the rungs of a deployed program from the top: items x, (n, size), their labels, and the twin's answers."""
    yield from without_time(program, x, y, twin)
    seconds = program.fresh_steps * program.network.dt
    in_fresh_floats = in_floats(program, x, present="fresh", each=COMPARED)
    yield _rung(program, "spikes in floats, fresh", "spikes", in_fresh_floats, y, seconds)
    if program.on_loihi:
        yield on_chip(program, x, y, "fresh")
    yield on_chip(program, x, y, "stream")


def without_time(program: Program, x: Array, y: Labels, twin: Labels | None) -> Iterator[Rung]:
    """Yield the first rungs, which no item takes time on: the float twin, if there is one, and the rates."""
    if twin is not None:
        yield Rung("float twin (Keras, ReLU)", "float", twin == y)
    yield as_rates(program, x, y)


def as_rates(program: Program, x: Array, y: Labels) -> Rung:
    answers = rate_answers(program, x, COMPARED)
    return Rung("rates as trained", "rates", answers.classes == y, None, answers.each)


def on_chip(program: Program, x: Array, y: Labels, present: Literal["fresh", "stream"]) -> Rung:
    """Return the rung of spikes on the emulated chip, or of a stream in plain Nengo where the spec isn't for the chip."""
    seconds = program.stream_steps * program.network.dt
    where = "emulator" if program.on_loihi else "nengo"
    name = f"spikes on the {where}, {'fresh' if present == 'fresh' else 'streamed'}"
    try:
        if program.on_loihi:
            answers = emulate(program, x, present=present, each=COMPARED)
        else:
            answers = in_floats(program, x, present=present, each=COMPARED)
    except Refusal as refusal:
        nothing = np.zeros(len(y), dtype=bool)
        return Rung(name, present, nothing, seconds, refusal=str(refusal))
    return _rung(program, name, present, answers, y, seconds)


def at_time(program: Program, seconds: float) -> Program:
    """Return a program that shows items for another time."""
    shown = program.presentation.model_copy(update={"time": seconds, "steps": None})
    return replace(program, presentation=shown)


def _rung(
    program: Program, name: str, place: Place, answers: Answers, y: Labels, seconds: float
) -> Rung:
    scales = {p.name: p.rate_scale for p in program.network.populations}
    rates = {layer: hertz / scales[layer] for layer, hertz in answers.each.items()}
    return Rung(name, place, answers.classes == y, seconds, rates)
