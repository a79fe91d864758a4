"""Spikes delivered, compiled: the weights of those that fire, added up to what layers and products receive of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.lanes import (
    WIDTH,
    add_fused,
    add_rounded,
    gather_fused,
    gather_rounded,
    write_numbers,
    write_places,
)
from snnc.emulator.machine import compiled, inlined, inner
from snnc.emulator.scatter import Entries
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


#: With fewer entries for each run of sums, to look at all runs takes longer than to add to memory.
GATHERED = 4


class Terms(NamedTuple):
    """What is added to the currents of neurons, one after the other; (terms,) each but for the gains.

    The weights of all terms are together, and so are the entries: those of a term begin at `first`.
    """

    #: The words of the spikes that a term is of, and the output of a single spike.
    word: Ints
    n_words: Ints
    spike: Array
    first: Ints
    #: Where the sums of a term begin.
    sums: Ints
    #: Whether there is a filter with a state s, which becomes a s + b x after the step.
    is_filtered: NDArray[np.bool_]
    a: Array
    b: Array
    #: (terms, neurons).
    gain: Array


class Runs(NamedTuple):
    """The runs of sums that entries add to: those of a term begin at `first`. There are none where some overlap."""

    #: The run of each entry.
    of: Ints
    #: (terms + 1,).
    first: Ints
    #: The places in the sums where runs begin, how long they are, and whether their products and sums are rounded once.
    target: Ints
    length: Ints
    fuses: NDArray[np.bool_]
    #: Where the room for the entries of each run begins, (runs + 1,).
    room: Ints

    @classmethod
    def of_entries(cls, entries: Entries, sums: Ints) -> Runs:
        """Return the runs of some terms, of which each begins at a place in the sums."""
        target, index, of, times = np.unique(
            entries.target, return_index=True, return_inverse=True, return_counts=True
        )
        length, fuses = entries.length[index], entries.fuses[index]
        apart = (
            np.array_equal(length[of], entries.length)
            and np.array_equal(fuses[of], entries.fuses)
            and bool(np.all(target[:-1] + length[:-1] <= target[1:]))
        )
        n = len(target) if apart else 0
        first = np.searchsorted(target[:n], np.append(sums, np.iinfo(np.int64).max))
        room = np.append(0, np.cumsum(times[:n]))
        return cls(of, first, target[:n], length[:n], fuses[:n], room)


class Room(NamedTuple):
    """Room for the spikes of a term in a step, for the entries that they add, and for those of each run of sums."""

    fired: Ints
    added: Ints
    #: The most entries that a spike has.
    most: int
    gathered: Ints
    #: Where the entries of each run end.
    ends: Ints


@compiled
def room_for(terms: Terms, entries: Entries, runs: Runs) -> Room:
    n_words, most = 0, 0
    for term in range(len(terms.spike)):
        n_words = max(n_words, terms.n_words[term])
    for at in range(len(entries.first) - 1):
        most = max(most, entries.first[at + 1] - entries.first[at])
    size = 64 * n_words + 8
    return Room(
        np.empty(size, np.int64),
        np.empty(size * most + WIDTH, np.int64),
        most,
        np.empty(runs.room[-1], np.int64),
        np.empty(len(runs.target), np.int64),
    )


@compiled
def add_spikes(
    spikes: Spikes,
    begin: int,
    end: int,
    term: Terms,
    entries: Entries,
    runs: Runs,
    weights: Array,
    y: Array,
    n_sums: int,
) -> None:
    """Add the products of a population's spikes in some steps to y, (all steps, items, size)."""
    sums, room = np.empty((1, 1, n_sums)), room_for(term, entries, runs)
    for step in range(begin, end):
        for item in range(y.shape[1]):
            place = step, step + 1, item, item + 1
            sum_up(spikes, place, term, entries, runs, weights, sums, 0, room)
            for i in range(y.shape[2]):
                y[step, item, i] += sums[0, 0, i]


@inner
def sum_up(
    spikes: Spikes,
    place: tuple[int, int, int, int],
    terms: Terms,
    entries: Entries,
    runs: Runs,
    weights: Array,
    sums: Array,
    n_cleared: int,
    room: Room,
) -> None:
    """Compute the products of all terms with spikes, (steps, items, sums), of which the first ones are 0 before.

    The place is the first step and item, each before the one after the last.
    """
    first_step, last_step, first_item, last_item = place
    merges, n_sums = entries.merges, sums.shape[2]
    for step in range(first_step, last_step):
        for item in range(first_item, last_item):
            begin = ((step - first_step) * sums.shape[1] + item - first_item) * n_sums
            own = sums[step - first_step, item - first_item]
            for i in range(np.uint64(n_cleared), np.uint64(n_sums)):
                own[i] = 0.0
            for term in range(len(terms.spike)):
                _deliver(spikes, step, item, terms, term, entries, runs, weights, sums, begin, room)
            for k in range(len(merges)):
                into, other = begin + merges[k, 0], begin + merges[k, 1]
                add_rounded(sums, into, sums, other, 1.0, merges[k, 2])


@inlined
def _add(
    entries: Entries, number: Any, value: float, weights: Array, sums: Array, begin: int
) -> None:
    to, of, length = begin + entries.target[number], entries.weight[number], entries.length[number]
    if entries.fuses[number]:
        add_fused(sums, to, weights, of, value, length)
    else:
        add_rounded(sums, to, weights, of, value, length)


@inlined
def _deliver(
    spikes: Spikes,
    step: int,
    item: int,
    terms: Terms,
    term: int,
    entries: Entries,
    runs: Runs,
    weights: Array,
    sums: Array,
    begin: int,
    room: Room,
) -> None:
    """Add the weights of the spikes that a term is of to sums, which begin at a place in memory."""
    bits, several, outputs = spikes
    word, begin_of_term, value = terms.word[term], terms.first[term], terms.spike[term]
    fired, added, most, _, _ = room
    n, any_several = 0, np.uint8(0)
    for k in range(terms.n_words[term]):
        n += write_places(bits[step, item, word + k], 64 * k, fired, n)
        any_several |= several[step, item, word + k]
    if any_several:
        for k in range(n):
            at = begin_of_term + fired[k]
            if several[step, item, word + fired[k] // 64]:
                value = outputs[step, item, 64 * word + fired[k]]
            else:
                value = terms.spike[term]
            for number in range(entries.first[at], entries.first[at + 1]):
                _add(entries, np.uint64(number), value, weights, sums, begin)
        return
    n_added = 0
    for k in range(n):
        at = np.uint64(begin_of_term + fired[k])
        number = entries.first[at]
        # As many for each spike, so that the processor foresees it: what is too much, the next spike writes over.
        for m in range(0, most, WIDTH):
            write_numbers(added, n_added + m, number + m)
        n_added += entries.first[at + np.uint64(1)] - number
    n_runs = runs.first[term + 1] - runs.first[term]
    if n_runs and n_added >= GATHERED * n_runs:
        _gather(n_added, entries, runs, term, value, weights, sums, begin, room)
        return
    for k in range(n_added):
        _add(entries, np.uint64(added[k]), value, weights, sums, begin)


@inlined
def _gather(
    n_added: int,
    entries: Entries,
    runs: Runs,
    term: int,
    value: float,
    weights: Array,
    sums: Array,
    begin: int,
    room: Room,
) -> None:
    """Add the same in the same order, run by run: each stays in registers until all of its entries are added."""
    first, last = np.uint64(runs.first[term]), np.uint64(runs.first[term + 1])
    for run in range(first, last):
        room.ends[run] = runs.room[run]
    for k in range(np.uint64(n_added)):
        number = np.uint64(room.added[k])
        its = np.uint64(runs.of[number])
        end = np.uint64(room.ends[its])
        room.gathered[end] = entries.weight[number]
        room.ends[its] = end + np.uint64(1)
    for run in range(first, last):
        at, to = runs.room[run], begin + runs.target[run]
        n, length = room.ends[run] - at, runs.length[run]
        if runs.fuses[run]:
            gather_fused(room.gathered, at, n, weights, value, sums, to, length)
        else:
            gather_rounded(room.gathered, at, n, weights, value, sums, to, length)
