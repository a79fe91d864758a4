"""Spikes delivered, compiled: the weights of those that fire, added up to what layers and products receive of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.entries import Entries, Runs, Words, add, run_of, weight_of
from snnc.emulator.lanes import (
    WIDTH,
    add_rounded,
    clear,
    copy_words,
    gather_fused,
    gather_rounded,
    write_places,
)
from snnc.emulator.machine import compiled, inlined, inner
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


#: With fewer entries for each run of sums, to look at all runs takes longer than to add to memory.
GATHERED = 3


class Terms(NamedTuple):
    """What is added to the currents of neurons, one after the other; (terms,) each but for the gains.

    The weights of all terms are together, and so are the entries: those of a term begin at `first`.
    """

    #: The words of the spikes that a term is of, and the output of a single spike.
    word: Ints
    n_words: Ints
    spike: Array
    first: Ints
    #: Where the sums of a term begin, and its runs, (terms + 1,).
    sums: Ints
    runs: Ints
    #: Whether there is a filter with a state s, which becomes a s + b x after the step.
    is_filtered: NDArray[np.bool_]
    a: Array
    b: Array
    #: (terms, neurons).
    gain: Array


class Room(NamedTuple):
    """Room for the spikes of a term in a step, for the entries that they add, and for the weights that each run of sums gets."""

    fired: Ints
    added: Words
    gathered: Ints
    #: Where the weights of each run end.
    ends: Ints


@compiled
def room_for(terms: Terms, entries: Entries) -> Room:
    n_words = 0
    for term in range(len(terms.spike)):
        n_words = max(n_words, terms.n_words[term])
    size = 64 * n_words + 8
    return Room(
        np.empty(size, np.int64),
        np.empty(size * entries.most + WIDTH, np.uint64),
        np.empty(entries.runs.room[-1], np.int64),
        np.empty(len(entries.runs.target), np.int64),
    )


@compiled
def add_spikes(
    spikes: Spikes,
    begin: int,
    end: int,
    term: Terms,
    entries: Entries,
    weights: Array,
    y: Array,
    n_sums: int,
) -> None:
    """Add the products of a population's spikes in some steps to y, (all steps, items, size)."""
    sums, room = np.empty((1, 1, n_sums)), room_for(term, entries)
    for step in range(begin, end):
        for item in range(y.shape[1]):
            place = step, step + 1, item, item + 1
            sum_up(spikes, place, term, entries, weights, sums, 0, room)
            for i in range(y.shape[2]):
                y[step, item, i] += sums[0, 0, i]


@inner
def sum_up(
    spikes: Spikes,
    place: tuple[int, int, int, int],
    terms: Terms,
    entries: Entries,
    weights: Array,
    sums: Array,
    n_cleared: int,
    room: Room,
) -> None:
    """Compute the products of all terms with spikes, (steps, items, sums), of which so many are 0 before.

    The place is the first step and item, each before the one after the last.
    """
    first_step, last_step, first_item, last_item = place
    merges, n_sums = entries.merges, sums.shape[2]
    for step in range(first_step, last_step):
        for item in range(first_item, last_item):
            begin = ((step - first_step) * sums.shape[1] + item - first_item) * n_sums
            for term in range(len(terms.spike)):
                _deliver(
                    spikes, step, item, terms, term, entries, weights, sums, begin, n_cleared, room
                )
            for k in range(len(merges)):
                into, other = begin + merges[k, 0], begin + merges[k, 1]
                add_rounded(sums, into, sums, other, 1.0, merges[k, 2])


@inlined
def _deliver(
    spikes: Spikes,
    step: int,
    item: int,
    terms: Terms,
    term: int,
    entries: Entries,
    weights: Array,
    sums: Array,
    begin: int,
    n_cleared: int,
    room: Room,
) -> None:
    """Write the sums of the weights of the spikes that a term is of, from a place in memory on."""
    bits, several, outputs = spikes
    word, begin_of_term, value = terms.word[term], terms.first[term], terms.spike[term]
    fired, added, _, _ = room
    n, any_several = 0, np.uint8(0)
    for k in range(terms.n_words[term]):
        n += write_places(bits[step, item, word + k], 64 * k, fired, n)
        any_several |= several[step, item, word + k]
    if any_several:
        _clear(terms, term, sums, begin, n_cleared)
        for k in range(n):
            at = begin_of_term + fired[k]
            if several[step, item, word + fired[k] // 64]:
                value = outputs[step, item, 64 * word + fired[k]]
            else:
                value = terms.spike[term]
            for number in range(entries.first[at], entries.first[at + 1]):
                add(entries.runs, entries.word[number], value, weights, sums, begin)
        return
    n_added = 0
    for k in range(n):
        at = np.uint64(begin_of_term + fired[k])
        number = entries.first[at]
        # As many for each spike, so that the processor foresees it: what is too much, the next spike writes over.
        for m in range(0, entries.most, WIDTH):
            copy_words(entries.word, number + m, added, n_added + m)
        n_added += entries.first[at + np.uint64(1)] - number
    if n_added >= GATHERED * (terms.runs[term + 1] - terms.runs[term]):
        _gather(n_added, entries.runs, terms, term, weights, sums, begin, room)
        return
    _clear(terms, term, sums, begin, n_cleared)
    for k in range(n_added):
        add(entries.runs, added[k], value, weights, sums, begin)


@inlined
def _clear(terms: Terms, term: int, sums: Array, begin: int, n_cleared: int) -> None:
    first, last = begin + max(terms.sums[term], n_cleared), begin + terms.sums[term + 1]
    clear(sums, first, last - first)


@inlined
def _gather(
    n_added: int,
    runs: Runs,
    terms: Terms,
    term: int,
    weights: Array,
    sums: Array,
    begin: int,
    room: Room,
) -> None:
    """Add the same in the same order, run by run: each stays in registers until all of its weights are added."""
    _, added, gathered, ends = room
    first, last = np.uint64(terms.runs[term]), np.uint64(terms.runs[term + 1])
    for run in range(first, last):
        ends[run] = runs.room[run]
    for k in range(np.uint64(n_added)):
        run = run_of(added[k])
        end = np.uint64(ends[run])
        gathered[end] = weight_of(added[k])
        ends[run] = end + np.uint64(1)
    value = terms.spike[term]
    for run in range(first, last):
        at, to = runs.room[run], begin + runs.target[run]
        n, length = ends[run] - at, runs.length[run]
        if runs.fuses[run]:
            gather_fused(gathered, at, n, weights, value, sums, to, length)
        else:
            gather_rounded(gathered, at, n, weights, value, sums, to, length)
