"""Rules on time: an answer has come through the synapses, and settled, when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, erf, isfinite, sqrt
from typing import NamedTuple

from snnc.checks.hints import setting
from snnc.checks.rule import rule
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted
from snnc.program.latency import latency, steps_of
from snnc.program.network import Connection
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT
from snnc.spec.settings import USUAL_SHARE
from snnc.spec.synapses import USUAL_TAU

#: The share of an answer that has to be there.
ENOUGH = 0.95
#: Filters of so many seconds in front of the output average over several spikes.
SMOOTH = 0.01
#: Where a spec has synapses for all layers.
PROBE, LAYER, RECEIVED = ("synapses", "probe"), ("synapses", "layer"), ("synapses", "output")
#: What makes them short, as it is written.
_SHORT: Mapping[KeyPath, str] = {
    PROBE: '"none"',
    LAYER: f'{{ kind = "lowpass", tau = {USUAL_TAU:g} }}',
    RECEIVED: '"none"',
}
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
        if shown.too_short:
            message = f"an item is shown for {counted(shown.steps, 'step')}, and its answer needs more than {shown.least}"
            yield Diagnostic(TOO_FEW_STEPS, message, shown.at, hint=f"write {shown.enough()}")


UNSETTLED = warning("unsettled")


@rule
def answer_settles(program: Program) -> Iterator[Diagnostic]:
    """Filters that haven't settled lack a part of the answer, or still have that of the item before."""
    for shown in _presentations(program):
        settled = shown.settled(shown.steps)
        if shown.too_short or settled >= ENOUGH:
            continue
        yield Diagnostic(
            UNSETTLED,
            f"when the answer is read, {settled:.0%} of it has come through the synapses; the rest {shown.rest}. "
            f"Of their {shown.slowest.mean:.4g} s on the way, {shown.longest()}",
            shown.at,
            hint=", or ".join(f"write {written}" for written in (*shown.shorter(), shown.enough())),
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
            ("presentation", "read"),
            hint=f"write {{ mean_of_last = {USUAL_SHARE} }}",
        )


@dataclass(frozen=True, eq=False, repr=False)
class _Presentation:
    """A way to show items: for how many steps, as a key of [presentation] says, and what an item passes on its way.

    The answer is read `latency` steps after an item's end. `rest` says of the part that hasn't settled where it comes from.
    """

    program: Program
    key: str
    steps: int
    latency: int
    on_chip: frozenset[str]
    rest: str
    #: Time constants in the place of those that the spec has, by the path of their synapse.
    instead: Mapping[KeyPath, tuple[float, ...]] = field(default_factory=dict)

    @property
    def at(self) -> KeyPath:
        """The path of the key, or of the synapses if the key has its default."""
        written = self.key in self.program.presentation.model_fields_set
        return ("presentation", self.key) if written else ("synapses",)

    @property
    def least(self) -> int:
        """How many steps leave an item without an answer, even if filters need no time."""
        return max(latency(self.program.network, self.on_chip) - self.latency, self.latency - 1, 0)

    @property
    def too_short(self) -> bool:
        return self.steps <= self.least

    @cached_property
    def slowest(self) -> Path:
        """The way on which an item takes longest to settle."""
        program, reached = self.program, {INPUT: Path()}
        for target in program.network.receivers:
            ways = (self._through(c, reached[c.source]) for c in program.network.into(target))
            reached[target] = max(ways, key=lambda path: path.mean)
        probe = self._taus(PROBE, program.network.output.probe.taus)
        return reached[OUTPUT].then(probe, delay=bool(probe))

    def settled(self, steps: int) -> float:
        """Return the share of an answer that has settled after some steps, as a mean of those that are read."""
        read = self.program.read_steps(steps)
        samples = min(read, SAMPLES)
        last = steps + self.latency - self.slowest.delay
        ages = (last - read * i / samples for i in range(samples))
        return sum(self.slowest.settled(age * self.program.network.dt) for age in ages) / samples

    def enough(self) -> str:
        """Return the hint that shows items for long enough."""
        low, high = max(self.steps, self.least), 2 * max(self.steps, self.least) + 1
        while self.settled(high) < ENOUGH:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.settled(middle) >= ENOUGH else (middle, high)
        steps = ceil(high / 10) * 10
        value = steps if self.key == "steps" else steps * self.program.network.dt
        return setting(self.at, "presentation", self.key, f"{value:.10g}")

    def longest(self) -> str:
        """Name the filter that takes most of the time."""
        at, taus = max(self._filters().items(), key=lambda each: sum(each[1]))
        return f"{'.'.join(map(str, at))} takes {sum(taus):.4g}"

    def shorter(self) -> Iterator[str]:
        """Yield the fewest changes of [synapses] by which answers settle in the time that there is."""
        usual: dict[KeyPath, tuple[float, ...]] = {PROBE: (), LAYER: (USUAL_TAU,), RECEIVED: ()}
        longer = {
            at for at, taus in self._filters().items() if sum(taus) > sum(usual.get(at, taus))
        }
        reads_mean = self.program.read_steps(self.steps) > 1
        # Without a mean, it takes a filter to count more than the spikes of one step.
        keys = [at for at in usual if at in longer and (reads_mean or at == LAYER)]
        for n in range(1, len(keys) + 1):
            changed = {at: usual[at] for at in keys[:n]}
            other = replace(self, instead=changed)
            if other.settled(self.steps) >= ENOUGH:
                yield " and ".join(f"{at[1]} = {_SHORT[at]}" for at in changed) + " in [synapses]"
                return

    def _filters(self) -> dict[KeyPath, tuple[float, ...]]:
        """Return the time constants of each synapse of the spec, by its path."""
        network = self.program.network
        filters = {c.synapse_at: c.taus for c in network.connections if c.taus}
        return {**filters, PROBE: network.output.probe.taus}

    def _through(self, connection: Connection, path: Path) -> Path:
        taus = self._taus(connection.synapse_at, connection.taus)
        return path.then(taus, steps_of(connection, self.on_chip))

    def _taus(self, at: KeyPath, taus: tuple[float, ...]) -> tuple[float, ...]:
        return self.instead.get(at, taus)


def _presentations(program: Program) -> Iterator[_Presentation]:
    """Yield the stream on the chip, and fresh evaluation where it differs from that."""
    if not isfinite(program.presentation.time / program.network.dt):
        return  # multiples_of_dt says so
    on_chip = frozenset(population.name for population in program.network.populations_on_chip)
    if on_chip:
        rest = "is missing" if program.gap_steps else "is that of the item before"
        latency = program.stream_latency
        yield _Presentation(program, "time", program.stream_steps, latency, on_chip, rest)
    if program.presentation.steps or not on_chip:
        key = "steps" if program.presentation.steps else "time"
        latency, rest = program.fresh_latency, "is missing"
        yield _Presentation(program, key, program.fresh_steps, latency, frozenset(), rest)
