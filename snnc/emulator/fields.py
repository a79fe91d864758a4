"""Small receptive fields: of the spikes that some neurons side by side receive in a step, a single word tells.

So it is in the first convolution of most networks. The sums of such neurons are in no memory: they take many steps at once, and add
up the weights of each step when they need them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.at_once import State, Written, is_filtered
from snnc.emulator.charging import charge_filtered, charge_gathered
from snnc.emulator.delivery import Terms
from snnc.emulator.entries import Entries, Words, aligned
from snnc.emulator.lanes import WIDTH, add_rounded, gather_bits
from snnc.emulator.machine import GROUP, compiled, inlined, inner
from snnc.emulator.neurons import Constants
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How many steps are taken at once.
STEPS = 64


class Fields(NamedTuple):
    """Neurons side by side, and the inputs of which they receive weights: not more than a word has bits.

    Parts of a field are those from `first_...[i]` to `first_...[i + 1]`.
    """

    #: The first of the neurons of each field, and how many there are.
    target: Ints
    length: Ints
    #: Where its weights begin: a row for each of its inputs, and one of zeros behind as many as a word has room for.
    table: Ints
    weights: Array
    #: The words in which its inputs are, their bits there, and how far these are rotated to be bits of the field.
    first_piece: Ints
    word: Ints
    bits: Words
    rotation: Words
    #: Its inputs that are added up together: all, or those of each lane of BLAS.
    first_lane: Ints
    lane: Words
    #: Which lane is added to which one after that, (n, 2).
    first_merge: Ints
    merge: Ints

    @classmethod
    def of(cls, entries: Entries, weights: Array) -> Fields | None:
        """Return the fields of a layer, if its neurons have small ones, fill whole bytes of spikes, and round once."""
        runs = entries.runs
        if not np.all(runs.fuses) or np.any((runs.target | runs.length) % WIDTH):
            return None
        pairs, field = _pairs(entries), np.arange(len(runs.target))
        for into, other in pairs[::-1]:
            field[other] = field[into]
        n_inputs = np.bincount(field, np.diff(runs.room))
        if n_inputs.max(initial=0) > GROUP:
            return None

        run, weight = entries.runs_and_weights()
        of_input = np.repeat(np.arange(len(entries.first) - 1), np.diff(entries.first))
        order = np.lexsort((of_input, field[run]))
        run, weight, of_input = run[order], weight[order], of_input[order]
        its_field, each = field[run], np.arange(len(n_inputs) + 1)
        bit = np.arange(len(run)) - np.searchsorted(its_field, each)[its_field]

        word, place = np.divmod(of_input, GROUP)
        pieces, piece = np.unique(
            np.column_stack([its_field, word, (bit - place) % GROUP]), axis=0, return_inverse=True
        )
        lanes = np.argsort(field, kind="stable")
        lane_of_run = np.argsort(lanes) - np.searchsorted(field[lanes], each)[field]
        merging = np.argsort(field[pairs[:, 0]], kind="stable")
        target, length = runs.target[: len(n_inputs)], runs.length[: len(n_inputs)]
        tables, table = _tables(its_field, bit, weight, length)
        return cls(
            target=target,
            length=length,
            table=table,
            weights=aligned([_rows(weights, of_rows) for of_rows in tables]),
            first_piece=np.searchsorted(pieces[:, 0], each),
            word=pieces[:, 1].copy(),
            bits=_collected(piece.ravel(), place, len(pieces)),
            rotation=pieces[:, 2].astype(np.uint64),
            first_lane=np.searchsorted(field[lanes], each),
            lane=_collected(run, bit, len(field))[lanes],
            first_merge=np.searchsorted(field[pairs[merging, 0]], each),
            merge=lane_of_run[pairs[merging]],
        )


def _pairs(entries: Entries) -> Ints:
    """Return which runs are added to which ones at the end, in that order, (n, 2)."""
    begins, found = entries.runs.target, [np.zeros((0, 2), np.int64)]
    for into, other, length in entries.merges:
        added = np.arange(*np.searchsorted(begins, [other, other + length]))
        to = np.searchsorted(begins, begins[added] - other + into)
        found.append(np.column_stack([to, added]))
    return np.concatenate(found)


def _tables(field: Ints, bit: Ints, weight: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Return the tables that fields have, and the place of each one's.

    Of a table, these are its length and where the weights of each row begin, -1 where there are none.
    """
    rows = np.full((len(length), 1 + GROUP), -1)
    rows[:, 0] = length
    rows[field, 1 + bit] = weight
    tables, of = np.unique(rows, axis=0, return_inverse=True)
    begin = np.cumsum([0, *((GROUP + 1) * tables[:, 0])])
    return tables, begin[of.ravel()]


def _rows(weights: Array, table: Ints) -> Array:
    """Return the rows of a table, one after the other."""
    length, begin = table[0], table[1:]
    rows = np.zeros((GROUP + 1, length))
    some = begin >= 0
    rows[:GROUP][some] = weights[begin[some][:, None] + np.arange(length)]
    return rows.ravel()


def _collected(group: Ints, bit: Ints, n: int) -> Words:
    """Return a word for each of n groups, of the bits of each."""
    words = np.zeros(n, np.uint64)
    np.bitwise_or.at(words, group, np.uint64(1) << bit.astype(np.uint64))
    return words


@compiled
def charge_fields(
    spikes: Spikes,
    begin: int,
    end: int,
    terms: Terms,
    fields: Fields,
    base: Array,
    constants: Constants,
    state: State,
    written: Written,
) -> bool:
    """Let a layer as most on the chip are take the steps from `begin` to `end`, and return whether it could.

    It can't if one of its inputs fires more than once in a step.
    """
    if not is_filtered(terms, base, constants, written) or _any_several(spikes, begin, end, terms):
        return False
    n, n_fields = terms.gain.shape[1], len(fields.target)
    looked_at = np.empty(STEPS * n_fields, np.uint64)
    most = 0
    for field in range(n_fields):
        n_lanes = fields.first_lane[field + 1] - fields.first_lane[field]
        most = max(most, n_lanes * fields.length[field])
    sums, uncounted = np.empty(STEPS * most), np.empty(most)
    for item in range(base.shape[1] // n):
        for step in range(begin, end, STEPS):
            last_step = min(step + STEPS, end)
            for now in range(step, last_step):
                _look(spikes, now, item, terms.word[0], fields, looked_at, (now - step) * n_fields)
            place = step, last_step, item
            for field in range(n_fields):
                _charge(
                    spikes,
                    place,
                    terms,
                    fields,
                    field,
                    looked_at,
                    base,
                    constants,
                    state,
                    written,
                    (sums, uncounted),
                )
    return True


@inner
def _any_several(spikes: Spikes, begin: int, end: int, terms: Terms) -> bool:
    first = terms.word[0]
    several = np.uint8(0)
    for step in range(begin, end):
        for item in range(spikes.several.shape[1]):
            for word in range(first, first + terms.n_words[0]):
                several |= spikes.several[step, item, word]
    return bool(several)


@inlined
def _look(
    spikes: Spikes, step: int, item: int, first: int, fields: Fields, words: Words, begin: int
) -> None:
    """Write the spikes of each field in a step to words from a place on."""
    for field in range(len(fields.target)):
        found = np.uint64(0)
        for piece in range(fields.first_piece[field], fields.first_piece[field + 1]):
            some = spikes.bits[step, item, first + fields.word[piece]] & fields.bits[piece]
            left = fields.rotation[piece]
            found |= some << left | some >> ((np.uint64(64) - left) & np.uint64(63))
        words[begin + field] = found


@inlined
def _charge(
    spikes: Spikes,
    place: tuple[int, int, int],
    terms: Terms,
    fields: Fields,
    field: int,
    looked_at: Words,
    base: Array,
    constants: Constants,
    state: State,
    written: Written,
    room: tuple[Array, Array],
) -> None:
    """Let the neurons of a field take some steps: the place is the first one, the one after the last, and the item."""
    step, last_step, item = place
    sums, uncounted = room
    n_fields, n, length = len(fields.target), terms.gain.shape[1], fields.length[field]
    neuron, table, value = fields.target[field], fields.table[field], terms.spike[0]
    own, of_layer = (
        slice(item * n + neuron, item * n + neuron + length),
        slice(neuron, neuron + length),
    )
    counts = uncounted[:length]
    if len(written.counts):
        counts = written.counts[item, of_layer]
    n_words = spikes.bits.shape[2]
    of_step = spikes.bits.shape[1] * n_words
    byte = 8 * (step * of_step + item * n_words + written.word) + neuron // 8
    a, b, dt = terms.a[0], terms.b[0], constants.dt
    first, n_lanes = (
        fields.first_lane[field],
        fields.first_lane[field + 1] - fields.first_lane[field],
    )
    if n_lanes == 1:
        charge_gathered(
            base[0, own],
            terms.gain[0, of_layer],
            state.filtered[0, own],
            state.voltage[own],
            counts,
            looked_at,
            field,
            n_fields,
            fields.weights,
            table,
            value,
            spikes.bits,
            byte,
            of_step,
            last_step - step,
            a,
            b,
            dt,
        )
        return
    for now in range(last_step - step):
        begin = now * n_lanes * length
        for lane in range(n_lanes):
            bits = looked_at[now * n_fields + field] & fields.lane[first + lane]
            to = begin + lane * length
            gather_bits(bits, fields.weights, table, length, value, sums, to, length)
        for k in range(fields.first_merge[field], fields.first_merge[field + 1]):
            into, other = fields.merge[k, 0] * length, fields.merge[k, 1] * length
            add_rounded(sums, begin + into, sums, begin + other, 1.0, length)
    charge_filtered(
        base[0, own],
        terms.gain[0, of_layer],
        state.filtered[0, own],
        state.voltage[own],
        counts,
        sums,
        n_lanes * length,
        spikes.bits,
        byte,
        of_step,
        last_step - step,
        a,
        b,
        dt,
    )
