"""The cause of a loss, by changes that take one cause away each: the most specific that brings most of it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter

import numpy as np

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.environment import libraries
from snnc.ladder.change import Cause, Change, Tried, of_running
from snnc.ladder.retrain import (
    DEAD,
    Retrained,
    TooLong,
    dead_share,
    has_few_spikes,
    of_training,
    tries,
)
from snnc.ladder.rung import Rung, on_chip
from snnc.networks.folding import Weights
from snnc.program.program import Program
from snnc.running.measured import FAST
from snnc.training.epochs import Epoch
from snnc.training.improving import WORTH_IN_TRAINING, gain_of_more
from snnc.trials.items import TrialItems
from snnc.trials.variant import variant

#: A change is as good as the best one if it gains this share of what that gains.
MOST = 0.8
#: Nothing is added to a change that brings back this share: the rest isn't worth a longer time or more spikes.
ENOUGH = 0.9
#: A larger change of the same kind isn't tried once this share is back.
ALL = 0.98
#: How much longer than expected a training may take.
MARGIN = 1.5
#: A rung counts if it loses this share of all that is lost.
COUNTS = 0.25


@dataclass(frozen=True, eq=False)
class Finding:
    """The rung at which accuracy is lost, how much, a share, its cause, and every change that was tried, the chosen first.

    Changes in `too_long` weren't tried: there was no time for another training. With `seconds` for trainings there is.
    """

    rung: str
    lost: float
    cause: Cause | None
    tried: tuple[Tried, ...]
    too_long: tuple[TooLong, ...] = ()
    seconds: float = 0.0

    @property
    def change(self) -> Change | None:
        """The change that gains most of it, if one gains more than chance."""
        return self.tried[0].change if self.cause else None


def of_spikes(
    document: Document, program: Program, items: TrialItems, rungs: Sequence[Rung]
) -> Finding | None:
    """Return where spikes lose accuracy, and why; None if they lose no more than chance. Nothing is trained."""
    rates = next(rung for rung in rungs if rung.place == "rates")
    bottom = rungs[-1]
    if not bottom.loses_from(rates):
        return None
    lost = -bottom.minus(rates).value
    runner = Runner(document, program, items, bottom)
    first = _first_losing(rungs, lost)
    by_kind = [runner.of_kind(kind, lost) for kind in of_running(program)]
    tried = [each for kind in by_kind for each in kind]
    helping = [kind[-1] for kind in by_kind if kind and kind[-1].helps]
    if not helping:
        return Finding(first.name, lost, None, tuple(tried))
    chosen = runner.extended(_most_specific(helping), helping, lost)
    cause = _named(chosen.change.cause, first, bottom, rates)
    named = replace(chosen, change=replace(chosen.change, cause=cause))
    others = (each for each in tried if each is not chosen)
    return Finding(first.name, lost, cause, (named, *others))


@dataclass(frozen=True, eq=False)
class Runner:
    """Tries changes of a trained spec as a stream, against the last rung of the ladder, on the same items."""

    document: Document
    program: Program
    items: TrialItems
    bottom: Rung

    def of_kind(self, changes: Sequence[Change], lost: float) -> list[Tried]:
        """Try larger and larger changes of a kind, until one brings all back, or less than the one before."""
        tried: list[Tried] = []
        for change in changes:
            outcome = self.tried(change)
            if outcome is None:
                continue
            if tried and outcome.gain.value < tried[-1].gain.value:
                break
            tried.append(outcome)
            if outcome.gain.value >= ALL * lost:
                break
        return tried

    def extended(self, chosen: Tried, helping: Sequence[Tried], lost: float) -> Tried:
        """Return a change with others that help, as far as it needs them to bring back enough."""
        for other in sorted(helping, key=lambda each: -each.gain.value):
            if chosen.gain.value >= ENOUGH * lost:
                break
            if not other.change.changes.keys() <= chosen.change.changes.keys():
                both = self.tried(chosen.change.and_then(other.change))
                chosen = both if both and both.gain.value > chosen.gain.value else chosen
        return chosen

    def tried(self, change: Change) -> Tried | None:
        """Return what a change gains; None if the spec can't have it, or the chip can't run it."""
        try:
            other = variant(self.document, self.program, change.changes).program
        except (CompileError, KeyError):
            return None
        rung = on_chip(other, self.items.x, self.items.y, "stream")
        if rung.refusal:
            return None
        return Tried(change, rung.minus(self.bottom), self.bottom.accuracy, rung.accuracy)


def _most_specific(helping: Sequence[Tried]) -> Tried:
    """Return the first that gains nearly as much as the best one."""
    best = max(each.gain.value for each in helping)
    return next(each for each in helping if each.gain.value >= MOST * best)


def _first_losing(rungs: Sequence[Rung], lost: float) -> Rung:
    """Return the first rung of spikes that loses more than chance, and a good part of all that they lose."""
    for above, rung in pairwise(rungs):
        spikes = rung.place in ("spikes", "fresh", "stream")
        if spikes and rung.loses_from(above) and -rung.minus(above).value >= COUNTS * lost:
            return rung
    return rungs[-1]


def _named(cause: Cause, first: Rung, bottom: Rung, rates: Rung) -> Cause:
    """Return the name of a cause, by the rung that loses first: the same change may take several away."""
    if cause == "settling" and first.place == "stream":
        return "carry-over from the item before"
    if cause == "rates above what the chip can do":
        if "fire more than once" in bottom.refusal:
            return "bursts of input"
        if not fast_share(rates) and first.place != "spikes":
            return "rounding of rates"
    return cause


def fast_share(rung: Rung) -> float:
    """Return the share of rates above what the chip represents well, among those of neurons that fire."""
    firing = [hertz[hertz > 1] for hertz in rung.rates.values()]
    every = np.concatenate(firing) if firing else np.zeros(0)
    return float(np.mean(every > FAST)) if len(every) else 0.0


def of_trained(
    document: Document,
    program: Program,
    rungs: Sequence[Rung],
    epochs: Sequence[Epoch],
    seconds: float,
    initial: Weights,
) -> Finding | None:
    """Return what training has left to be had, and why, by training again for at most some seconds; None if nothing is."""
    rates = next(rung for rung in rungs if rung.place == "rates")
    if seconds <= 0 or not _is_suspect(program, rungs, rates, epochs):
        return None
    libraries.load()  # before the time for trainings begins; a ladder without any doesn't need TensorFlow
    changes = list(of_training(program, rates.rates))
    until = perf_counter() + seconds
    unchanged = Change("training unfinished", {})
    results = tries(document, program, [unchanged, *changes], until, initial)
    _, base = next(results)
    if base is None:
        return None
    others = list(results)
    too_long = tuple(result for _, result in others if isinstance(result, TooLong))
    finding = Finding(rates.name, 0.0, None, (), too_long, _enough(seconds, too_long))
    if isinstance(base, TooLong):
        return replace(finding, seconds=finding.seconds + MARGIN * base.seconds)
    tried = [
        _compared(replace(change, trains=True), base, result)
        for change, result in others
        if isinstance(result, Retrained)
    ]
    helping = [each for each in tried if each.helps]
    if not helping:
        return replace(finding, tried=tuple(tried)) if too_long else None
    chosen = _most_specific(helping)
    gain, cause = chosen.gain.value, chosen.change.cause
    return replace(finding, lost=gain, cause=cause, tried=(chosen, *tried))


def _enough(seconds: float, too_long: Sequence[TooLong]) -> float:
    """Return in how many seconds everything can be tried, where some had no time."""
    return seconds + MARGIN * sum(each.seconds for each in too_long)


def _compared(change: Change, base: Retrained, result: Retrained) -> Tried:
    return Tried(
        change,
        result.streamed.minus(base.streamed),
        base.streamed.accuracy,
        result.streamed.accuracy,
    )


def _is_suspect(
    program: Program, rungs: Sequence[Rung], rates: Rung, epochs: Sequence[Epoch]
) -> bool:
    """Whether anything speaks for it that another training would do better: only then is it worth its time."""
    return any(_suspicions(program, rungs, rates, epochs))


def _suspicions(
    program: Program, rungs: Sequence[Rung], rates: Rung, epochs: Sequence[Epoch]
) -> Iterator[bool]:
    yield rungs[0] is not rates and rates.loses_from(rungs[0])
    yield dead_share(rates.rates) > DEAD
    yield gain_of_more(epochs) >= WORTH_IN_TRAINING
    yield bool(epochs) and epochs[-1].loss > 0.5 * float(np.log(program.network.output.classes))
    yield len(epochs) < 5
    yield has_few_spikes(program)


def headline(findings: Sequence[Finding]) -> Finding | None:
    """Return the first finding that loses a good part of all that is lost."""
    whole = sum(finding.lost for finding in findings)
    return next((f for f in findings if f.lost > 0 and f.lost >= COUNTS * whole), None)
