"""A run of many items, cut into parts that are shown apart, and answer as if they had been shown together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.program.program import Program
from snnc.running import simulators
from snnc.running.answers import Answers, Simulated, mean_rates
from snnc.running.chains import chains
from snnc.running.simulators import SimulatorName
from snnc.seeds.jobs import OfSeed

if TYPE_CHECKING:
    from snnc.running.work import Work
    from snnc.training.progress import Watcher

#: A part has at least so many items: to build a network takes as long as to show some hundreds.
FEWEST = 500


@dataclass(frozen=True, eq=False)
class Part(OfSeed):
    """Some items, (n, size), for a deployed program; a stream shows them in so many chains."""

    program: Program
    x: Any
    on: SimulatorName
    chains: int

    @property
    def packages(self) -> tuple[str, ...]:
        return simulators.packages([self.on])

    def outcome(self, watcher: Watcher) -> Answers:
        """Return the answers to the items. Raises a Refusal where Nengo can't run the network."""
        from snnc.running.run import answers_of

        return answers_of(self.program, self.x, self.on, lambda n: None, n_chains=self.chains)


def parts(program: Program, x: Any, on: SimulatorName) -> list[Part]:
    """Return items x, (n, size), cut into parts: streams between chains, fresh ones between batches; nengo_loihi's is one chain.

    The chains of all parts together are those in which the whole stream is shown.
    """
    if on == "nengo_loihi":
        return [Part(program, x, on, 1)]
    if on in simulators.FRESH:
        batch = program.items_at_once
        starts = list(range(0, len(x), batch))
        lengths = [min(batch, len(x) - start) for start in starts]
    else:
        lengths = [len(queue) for queue in np.array_split(np.arange(len(x)), chains(len(x)))]
    return list(_grouped(program, x, on, lengths))


def _grouped(program: Program, x: Any, on: SimulatorName, lengths: Sequence[int]) -> Iterator[Part]:
    """Yield parts of whole chains or batches, of at least FEWEST items but for the last."""
    start = n = held = 0
    for length in lengths:
        n, held = n + length, held + 1
        if n >= FEWEST:
            yield Part(program, x[start : start + n], on, held)
            start, n, held = start + n, 0, 0
    if n:
        yield Part(program, x[start:], on, held)


def joined(answers: Sequence[Answers]) -> Answers:
    """Return the answers to the parts of a run as those to the whole, in their order."""
    sizes = np.array([len(part.logits) for part in answers])
    probabilities = [part.probabilities for part in answers if part.probabilities is not None]
    works = [part.work for part in answers if part.work is not None]
    simulated = [part.simulated for part in answers if part.simulated is not None]
    return Answers(
        np.concatenate([part.logits for part in answers]),
        _rates(answers, sizes),
        probabilities=np.concatenate(probabilities) if probabilities else None,
        simulated=_simulated(simulated) if simulated else None,
        work=_work(works, sizes) if works else None,
    )


def _rates(parts: Sequence[Answers], sizes: Any) -> dict[str, Any]:
    """Return the mean rates over all items: where spikes were counted, from all counts at once."""
    first, n = parts[0], int(sizes.sum())

    def mean(layer: str) -> Any:
        if layer in first.counts:
            counts = np.sum([part.counts[layer] for part in parts], axis=0)
            return mean_rates(counts, n, first.seconds)
        return sum(part.rates[layer] * size for part, size in zip(parts, sizes, strict=True)) / n

    return {layer: mean(layer) for layer in first.rates}


def _simulated(parts: Sequence[Simulated]) -> Simulated:
    """Return what was simulated in all; parts that went on side by side took the time of all."""
    return replace(
        parts[0],
        items=sum(part.items for part in parts),
        chains=sum(part.chains for part in parts),
        spikes=sum(part.spikes for part in parts),
        seconds=sum(part.seconds for part in parts),
        build_seconds=sum(part.build_seconds for part in parts),
    )


def _work(parts: Sequence[Work], sizes: Any) -> Work:
    """Return the means over all items: of whole numbers, so that they are exact."""

    def mean(of_parts: Iterable[float]) -> float:
        pairs = zip(of_parts, sizes.tolist(), strict=True)
        return float(sum(round(value * size) for value, size in pairs) / sizes.sum())

    return replace(
        parts[0],
        spikes={name: mean(part.spikes[name] for part in parts) for name in parts[0].spikes},
        sent=mean(part.sent for part in parts),
        fired=mean(part.fired for part in parts),
        messages=mean(part.messages for part in parts),
        operations=mean(part.operations for part in parts),
    )
