"""Neurons for many steps at once, as instructions for compiled code: what a step needs of the one before stays in registers.

In loops over arrays, the compiler can't tell that so many of them don't overlap, and all goes through memory in each step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils

from snnc.emulator.lanes import WIDTH, data_of, everywhere, gathered, in_lanes, load, store
from snnc.emulator.machine import intrinsic

#: How many neurons take steps at once: a step waits for the one before, but neurons don't for each other.
WIDTHS = (32, WIDTH)


class _Spikes(NamedTuple):
    """Where compiled code writes which neurons fire, as bits: the byte of the first neurons, and how far steps are apart, in bytes."""

    first: Any
    apart: Any

    @classmethod
    def behind(cls, builder: Any, words: Any, first: Any, apart: Any) -> _Spikes:
        begin = builder.gep(builder.bitcast(words, ir.IntType(8).as_pointer()), [first])
        return cls(begin, builder.mul(apart, ir.Constant(apart.type, 8)))

    def write(self, builder: Any, step: Any, i: Any, fires: Any) -> None:
        """Write whether some neurons fire in a step: as many as whole bytes take, or one, where the first of eight begins the byte."""
        byte, eight = ir.IntType(8), ir.Constant(i.type, 8)
        to_byte = builder.add(builder.mul(step, self.apart), builder.udiv(i, eight))
        place = builder.gep(self.first, [to_byte])
        if fires.type == ir.IntType(1):
            lane = builder.urem(i, eight)
            begins = builder.icmp_unsigned("==", lane, ir.Constant(i.type, 0))
            before = builder.select(begins, byte(0), builder.load(place))
            flag = builder.shl(builder.zext(fires, byte), builder.trunc(lane, byte))
            builder.store(builder.or_(before, flag), place)
        else:
            bits = ir.IntType(fires.type.count)
            store = builder.store(
                builder.bitcast(fires, bits), builder.bitcast(place, bits.as_pointer())
            )
            store.align = 1


def _length(context: Any, builder: Any, signature: Any, arguments: Any, number: int) -> Any:
    """Return how long an array among some arguments is."""
    array = context.make_array(signature.args[number])(context, builder, arguments[number])
    return builder.extract_value(array.shape, 0)


def _steps(builder: Any, i: Any, starts: Any, n_steps: Any, kind: Any, step: Any) -> None:
    """Generate some steps of neurons, many or one: what begins at `starts` stays in registers, `step` returns it as it is after a step."""
    kept = [cgutils.alloca_once(builder, kind) for _ in starts]
    for start, its in zip(starts, kept, strict=True):
        builder.store(load(builder, kind, start, i), its)
    with cgutils.for_range(builder, n_steps, intp=i.type) as loop:
        after = step(loop.index, *map(builder.load, kept))
        for value, its in zip(after, kept, strict=True):
            builder.store(value, its)
    for start, its in zip(starts, kept, strict=True):
        store(builder, builder.load(its), start, i)


class _Filtered(NamedTuple):
    """Neurons of `LoihiSpikingRectifiedLinear` behind a filter, as many as a kind of values has: what stays the same for them."""

    builder: Any
    kind: Any
    base: Any
    gain: Any
    keeps: Any
    takes: Any
    dt: Any

    def step(self, x: Any, s: Any, v: Any, count: Any) -> tuple[Any, Any, Any, Any]:
        """Generate a step with the sums x: return which of them fire, and the filter, voltage and number of spikes after it."""
        builder, number = self.builder, ir.DoubleType()
        zero, one = (everywhere(builder, self.kind, number(k)) for k in (0.0, 1.0))
        j = builder.fadd(self.base, builder.fmul(self.gain, s))
        s = builder.fadd(builder.fmul(s, self.keeps), builder.fmul(self.takes, x))
        v = builder.fadd(v, builder.fmul(j, self.dt))
        fires = builder.fcmp_ordered(">", v, one)
        is_reset = builder.or_(fires, builder.fcmp_ordered("<", v, zero))
        count = builder.select(fires, builder.fadd(count, one), count)
        return fires, s, builder.select(is_reset, zero, v), count


def _charge_filtered(
    builder: Any,
    n: Any,
    starts: Sequence[Any],
    spikes: _Spikes,
    n_steps: Any,
    constants: Sequence[Any],
    sums_of: Callable[[Any, Any], Callable[[Any], Any]],
) -> None:
    """Generate steps of n such neurons: the currents, gains and state begin at `starts`, the constants are all neurons'.

    `sums_of` gets the kind of a value and a place, and returns what generates the sums of a step there.
    """
    of_base, of_gain, *of_state = starts

    def body(kind: Any, i: Any) -> None:
        own = (load(builder, kind, start, i) for start in (of_base, of_gain))
        others = (everywhere(builder, kind, k) for k in constants)
        neurons, sums = _Filtered(builder, kind, *own, *others), sums_of(kind, i)

        def step(number: Any, *state: Any) -> tuple[Any, ...]:
            fires, *after = neurons.step(sums(number), *state)
            spikes.write(builder, number, i, fires)
            return tuple(after)

        _steps(builder, i, of_state, n_steps, kind, step)

    in_lanes(builder, n, body, WIDTHS)


@intrinsic
def charge_filtered(
    typing: Any,
    base: Any,
    gain: Any,
    filtered: Any,
    voltage: Any,
    counts: Any,
    sums: Any,
    of_sums: Any,
    bits: Any,
    byte: Any,
    of_words: Any,
    n_steps: Any,
    a: Any,
    b: Any,
    dt: Any,
) -> Any:
    """Let neurons of `LoihiSpikingRectifiedLinear` take some steps, many neurons at a time.

    Their currents are base + gain * filtered, and then the filter's state becomes filtered * a + b * sums. The first five arrays
    are as long as there are neurons. Sums are one step's after the other's, `of_sums` apart, and become 0; spikes go to bits from a
    byte on, a step's `of_words` words behind those of the step before, and their number is added to `counts`. All arrays are contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *starts, all_sums, words = data_of(
            context, builder, signature, arguments, 0, 1, 2, 3, 4, 5, 7
        )
        between_sums, first, apart, n_steps = (arguments[k] for k in (6, 8, 9, 10))
        spikes = _Spikes.behind(builder, words, first, apart)

        def sums_of(kind: Any, i: Any) -> Callable[[Any], Any]:
            zero = everywhere(builder, kind, ir.DoubleType()(0.0))

            def sums(number: Any) -> Any:
                place = builder.add(builder.mul(number, between_sums), i)
                x = load(builder, kind, all_sums, place)
                store(builder, zero, all_sums, place)
                return x

            return sums

        n = _length(context, builder, signature, arguments, 3)
        _charge_filtered(builder, n, starts, spikes, n_steps, arguments[11:], sums_of)
        return context.get_dummy_value()

    size, number = types.intp, types.float64
    arrays = (base, gain, filtered, voltage, counts, sums, size, bits, size, size, size)
    return types.void(*arrays, number, number, number), generate


@intrinsic
def charge_gathered(
    typing: Any,
    base: Any,
    gain: Any,
    filtered: Any,
    voltage: Any,
    counts: Any,
    fields: Any,
    first: Any,
    of_fields: Any,
    weights: Any,
    table: Any,
    value: Any,
    bits: Any,
    byte: Any,
    of_words: Any,
    n_steps: Any,
    a: Any,
    b: Any,
    dt: Any,
) -> Any:
    """Do the same, where a word of `fields` in each step says which rows of a table are the sums, times a value.

    The words are one step's after the other's, `of_fields` apart, from the first one on. A row has a weight for each neuron.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *starts, all_fields, all_weights, words = data_of(
            context, builder, signature, arguments, 0, 1, 2, 3, 4, 5, 8, 11
        )
        first, between_fields, table, value = (arguments[k] for k in (6, 7, 9, 10))
        spikes = _Spikes.behind(builder, words, arguments[12], arguments[13])
        rows = builder.gep(all_weights, [table])
        n = _length(context, builder, signature, arguments, 3)

        def sums_of(kind: Any, i: Any) -> Callable[[Any], Any]:
            factor = everywhere(builder, kind, value)

            def sums(number: Any) -> Any:
                place = builder.add(builder.mul(number, between_fields), first)
                field = builder.load(builder.gep(all_fields, [place]))
                return gathered(builder, kind, field, rows, i, n, factor)

            return sums

        _charge_filtered(builder, n, starts, spikes, arguments[14], arguments[15:], sums_of)
        return context.get_dummy_value()

    size, number = types.intp, types.float64
    arrays = (base, gain, filtered, voltage, counts, fields, size, size, weights, size, number)
    return types.void(*arrays, bits, size, size, size, number, number, number), generate


@intrinsic
def charge_steadily(
    typing: Any,
    base: Any,
    voltage: Any,
    counts: Any,
    bits: Any,
    byte: Any,
    of_words: Any,
    n_steps: Any,
    dt: Any,
) -> Any:
    """Let neurons of `SpikingRectifiedLinear` take some steps with the same current, none of which fires twice in a step.

    Arrays are those of `charge_filtered`.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        of_base, *starts, words = data_of(context, builder, signature, arguments, 0, 1, 2, 3)
        first, apart, n_steps = arguments[4:7]
        spikes = _Spikes.behind(builder, words, first, apart)

        def body(kind: Any, i: Any) -> None:
            dt = everywhere(builder, kind, arguments[7])
            zero, one = (everywhere(builder, kind, ir.DoubleType()(k)) for k in (0.0, 1.0))
            base = load(builder, kind, of_base, i)
            rectified = builder.select(builder.fcmp_ordered(">", base, zero), base, zero)
            charge = builder.fmul(rectified, dt)

            def step(number: Any, v: Any, count: Any) -> tuple[Any, Any]:
                v = builder.fadd(v, charge)
                fires = builder.fcmp_ordered(">=", v, one)
                spikes.write(builder, number, i, fires)
                n = builder.select(fires, one, zero)
                return builder.fsub(v, n), builder.fadd(count, n)

            _steps(builder, i, starts, n_steps, kind, step)

        in_lanes(builder, _length(context, builder, signature, arguments, 1), body, WIDTHS)
        return context.get_dummy_value()

    size, number = types.intp, types.float64
    return types.void(base, voltage, counts, bits, size, size, size, number), generate
