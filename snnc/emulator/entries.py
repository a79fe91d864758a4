"""What inputs add to: a word for each run of sums that an input reaches, so that what spikes add is a short list of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.lanes import WIDTH, add_fused, add_rounded
from snnc.emulator.machine import inlined

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

#: The bytes of a line of a cache.
LINE = 64
#: The lower half of a word is the number of a run, the upper half a place in the weights.
_HALF = np.uint64(32)
_LOWER = np.uint64((1 << 32) - 1)


class Runs(NamedTuple):
    """Sums side by side, to which inputs add weights side by side: where each run begins, and how long it is."""

    target: Ints
    length: Ints
    #: Whether a product and a sum are rounded once.
    fuses: NDArray[np.bool_]
    #: How many entries add to it at most, as sums before it: (runs + 1,).
    room: Ints


class Entries(NamedTuple):
    """What a value that isn't 0 adds to: for each input, from `first[i]` to `first[i + 1]`, a run of sums and a part of the weights."""

    first: Ints
    #: Of each entry, the run and where its weights begin. Words are read beyond the last one.
    word: Words
    runs: Runs
    #: What is added up at the end, (n, 3): the places in the sums of a part and of what is added to it, and their length.
    merges: Ints
    #: The most entries that an input has.
    most: int

    @classmethod
    def of(cls, first: Ints, target: Ints, weight: Ints, runs: Ints, merges: Ints) -> Entries:
        """Return entries from the places in the sums and the weights where they begin.

        Runs are all that there are, also those that no input reaches, (n, 3): the place, the length and whether it fuses.
        """
        begins, length, fuses = runs[np.argsort(runs[:, 0])].T.copy()
        run = np.searchsorted(begins, target)
        room = np.append(0, np.cumsum(np.bincount(run, minlength=len(runs))))
        of_all = Runs(begins, length, fuses.astype(bool), room)
        return cls._of(first, _words(run, weight), of_all, merges)

    @classmethod
    def together(cls, parts: Sequence[Entries], sums: Ints, weights: Ints) -> Entries:
        """Return the entries of several products, one after the other, whose sums and weights begin at some places."""
        none = np.zeros(0, np.int64)
        first, words, merges = [none], [none.astype(np.uint64)], [np.zeros((0, 3), np.int64)]
        runs = [Runs(none, none, none.astype(bool), none)]
        n_entries = n_runs = 0
        for part, to, of in zip(parts, sums, weights, strict=True):
            n = int(part.first[-1])
            first.append(part.first + n_entries)
            # Each half has room for the sum.
            words.append(part.word[:n] + _words(np.array(n_runs), of))
            merges.append(part.merges + np.array([to, to, 0]))
            target, length, fuses, room = part.runs
            runs.append(Runs(target + to, length, fuses, room[:-1] + n_entries))
            n_entries, n_runs = n_entries + n, n_runs + len(target)
        of_all = Runs(*map(np.concatenate, zip(*runs, strict=True)))
        of_all = of_all._replace(room=np.append(of_all.room, n_entries))
        return cls._of(np.concatenate(first), np.concatenate(words), of_all, np.concatenate(merges))

    @classmethod
    def _of(cls, first: Ints, words: Words, runs: Runs, merges: Ints) -> Entries:
        most = int(np.diff(first).max(initial=0))
        beyond = np.zeros(most + WIDTH, np.uint64)
        return cls(first, np.concatenate([words, beyond]), runs, merges, most)

    def runs_and_weights(self) -> tuple[Ints, Ints]:
        """Return the run of each entry, and where its weights begin."""
        words = self.word[: self.first[-1]]
        return (words & _LOWER).astype(np.int64), (words >> _HALF).astype(np.int64)


def _words(run: Ints, weight: Ints) -> Words:
    return np.asarray(run.astype(np.uint64) | weight.astype(np.uint64) << _HALF)


def aligned(parts: Sequence[Array]) -> Array:
    """Return parts one after the other, from the beginning of a cache line on: else every second read of them crosses one."""
    n, line = sum(map(len, parts)), LINE // 8
    room = np.empty(n + line)
    first = -(room.ctypes.data // 8) % line
    whole = room[first : first + n]
    np.concatenate([np.zeros(0), *parts], out=whole)
    return whole


@inlined
def run_of(word: Any) -> Any:
    return word & _LOWER


@inlined
def weight_of(word: Any) -> Any:
    return np.int64(word >> _HALF)


@inlined
def add(runs: Runs, word: Any, value: float, weights: Array, sums: Array, begin: int) -> None:
    """Add the weights of an entry, times a value, to sums that begin at a place in memory."""
    run = run_of(word)
    to = begin + runs.target[run]
    if runs.fuses[run]:
        add_fused(sums, to, weights, weight_of(word), value, runs.length[run])
    else:
        add_rounded(sums, to, weights, weight_of(word), value, runs.length[run])
