"""Rules on time: an answer has come through the synapses, and settled, when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil, erf, isfinite, sqrt
from typing import NamedTuple

from snnc.checks.hints import setting
from snnc.checks.rule import rule
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.program.network import Connection
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT

#: The share of an answer that has to be there.
ENOUGH = 0.95
#: Filters of so many seconds in front of the output average over several spikes, as the usual one behind it does.
SMOOTH = 0.01
#: The answer is looked at in this number of the steps that are read.
SAMPLES = 10


class Path(NamedTuple):
    """The filters between the input and some neurons, or the recorded output.

    A chain of lowpass filters delays by the sum of its time constants, `mean`, and smears by the sum of their squares,
    `variance`; before `delay` steps are over nothing arrives at all.
    """

    mean: float = 0.0
    variance: float = 0.0
    delay: int = 0

    def then(self, taus: tuple[float, ...], delay: int) -> Path:
        """Return the path through one more filter, given by its time constants."""
        variance = sum(tau * tau for tau in taus)
        return Path(self.mean + sum(taus), self.variance + variance, self.delay + delay)

    def settled(self, seconds: float) -> float:
        """Return the share of a change that has come through some time after its first effect, from 0 to 1.

        That is the distribution of a sum of exponential delays, taken for a gamma distribution (Wilson and Hilferty, 1931).
        """
        if seconds <= 0:
            return 0.0
        if not self.variance:
            return 1.0
        k = self.mean * self.mean / self.variance
        z = ((seconds / self.mean) ** (1 / 3) - (1 - 1 / (9 * k))) * 3 * sqrt(k)
        return (1 + erf(z / sqrt(2))) / 2


TOO_FEW_STEPS = error("too-few-steps")


@rule
def answer_arrives(program: Program) -> Iterator[Diagnostic]:
    """Every filter on the host answers a step late, and so does every way to the chip, on it and back."""
    for shown in _presentations(program):
        if shown.steps <= shown.fastest.delay:
            steps = "1 step" if shown.steps == 1 else f"{shown.steps} steps"
            message = f"an item is shown for {steps}, and its answer needs more than {shown.fastest.delay}"
            yield Diagnostic(TOO_FEW_STEPS, message, shown.at, hint=f"write {shown.enough()}")


UNSETTLED = warning("unsettled")


@rule
def answer_settles(program: Program) -> Iterator[Diagnostic]:
    """Filters that haven't settled lack a part of the answer, or still have that of the item before."""
    for shown in _presentations(program):
        settled = shown.settled(shown.steps)
        if shown.steps <= shown.fastest.delay or settled >= ENOUGH:
            continue
        yield Diagnostic(
            UNSETTLED,
            f"when the answer is read, {settled:.0%} of it has come through the synapses; the rest {shown.rest}",
            shown.at,
            hint=f"write {shown.enough()}, or shorten the synapses: those on the way add up to {shown.slowest.mean:.4g} s",
        )


UNFILTERED_OUTPUT = warning("unfiltered-output")


@rule
def output_filtered(program: Program) -> Iterator[Diagnostic]:
    """The last step alone is a matter of which neurons just fired, unless a filter in front of the output averages."""
    into = (c for c in program.network.into(OUTPUT) if c.source != INPUT)
    spiking = (c for c in into if program.network.population(c.source).neurons.spiking)
    unfiltered = any(sum(c.taus) < SMOOTH for c in spiking)
    if unfiltered and program.presentation.read == "last" and not program.network.output.probe.taus:
        yield Diagnostic(
            UNFILTERED_OUTPUT,
            "the answer is the last step of an output without a probe filter: a matter of which neurons just fired",
            ("synapses", "probe"),
            hint="leave it out (an alpha filter of 10 ms), or read = { mean_of_last = 0.3 } in [presentation]",
        )


@dataclass(frozen=True, eq=False, repr=False)
class _Presentation:
    """A way to show items: for how many steps, as a key of [presentation] says, and what an item passes on its way.

    `rest` says of the part of an answer that hasn't settled where it comes from.
    """

    program: Program
    key: str
    steps: int
    on_chip: frozenset[str]
    rest: str

    @property
    def at(self) -> KeyPath:
        """The path of the key, or of the synapses if the key has its default."""
        written = self.key in self.program.presentation.model_fields_set
        return ("presentation", self.key) if written else ("synapses",)

    @cached_property
    def fastest(self) -> Path:
        """The way on which the first sign of an item arrives."""
        return self._way(lambda paths: min(paths, key=lambda path: path.delay))

    @cached_property
    def slowest(self) -> Path:
        """The way on which an item takes longest to settle."""
        return self._way(lambda paths: max(paths, key=lambda path: path.mean))

    def _way(self, pick: Callable[[Iterable[Path]], Path]) -> Path:
        """Return a way from the input to the recorded output; `pick` chooses between those that meet."""
        program, reached = self.program, {INPUT: Path()}
        for target in program.network.receivers:
            reached[target] = pick(
                _through(c, reached[c.source], self.on_chip) for c in program.network.into(target)
            )
        probe = program.network.output.probe.taus
        return reached[OUTPUT].then(probe, delay=bool(probe))

    def settled(self, steps: int) -> float:
        """Return the share of an answer that has settled after some steps, as a mean of those that are read."""
        read = self.program.read_steps(steps)
        samples = min(read, SAMPLES)
        ages = (steps - self.slowest.delay - read * i / samples for i in range(samples))
        return sum(self.slowest.settled(age * self.program.network.dt) for age in ages) / samples

    def enough(self) -> str:
        """Return the hint that shows items for long enough."""
        low, high = self.steps, 2 * self.steps + 1
        while self.settled(high) < ENOUGH:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.settled(middle) >= ENOUGH else (middle, high)
        steps = ceil(high / 10) * 10
        value = steps if self.key == "steps" else steps * self.program.network.dt
        return setting(self.at, "presentation", self.key, f"{value:.10g}")


def _presentations(program: Program) -> Iterator[_Presentation]:
    """Yield the stream on the chip, and fresh evaluation where it differs from that."""
    if not isfinite(program.presentation.time / program.network.dt):
        return  # multiples_of_dt says so
    on_chip = frozenset(population.name for population in program.network.populations_on_chip)
    if on_chip:
        rest = "is missing" if program.gap_steps else "is that of the item before"
        yield _Presentation(program, "time", program.stream_steps, on_chip, rest)
    if program.presentation.steps or not on_chip:
        key = "steps" if program.presentation.steps else "time"
        yield _Presentation(program, key, program.fresh_steps, frozenset(), "is missing")


def _through(connection: Connection, path: Path, on_chip: frozenset[str]) -> Path:
    """Return a path through one more connection; on the chip its filter needs no step of its own."""
    taus = connection.taus
    if connection.target in on_chip:
        return path.then(taus, delay=1)
    return path.then(taus, delay=bool(taus) + (connection.source in on_chip))
