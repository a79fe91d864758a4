"""Neurons for many steps at once, as instructions for compiled code: what a step needs of the one before stays in registers.

In loops over arrays, the compiler can't tell that so many of them don't overlap, and all goes through memory in each step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils

from snnc.emulator.lanes import WIDTH, data_of, everywhere, in_lanes, load, store
from snnc.emulator.machine import intrinsic

#: How many neurons take steps at once: a step waits for the one before, but neurons don't for each other.
WIDTHS = (32, WIDTH)


class _Spikes(NamedTuple):
    """Where compiled code writes which neurons fire, as bits: the byte of the first neurons, and how far steps are apart, in bytes."""

    first: Any
    apart: Any

    @classmethod
    def behind(cls, builder: Any, words: Any, first: Any, apart: Any) -> _Spikes:
        byte = ir.IntType(8).as_pointer()
        begin = builder.bitcast(builder.gep(words, [first]), byte)
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
    word: Any,
    of_words: Any,
    n_steps: Any,
    a: Any,
    b: Any,
    dt: Any,
) -> Any:
    """Let neurons of `LoihiSpikingRectifiedLinear` take some steps, many neurons at a time.

    Their currents are base + gain * filtered, and then the filter's state becomes filtered * a + b * sums. The first five arrays
    are as long as there are neurons. Sums are one step's after the other's, `of_sums` apart, and become 0; spikes go to bits from a
    word on, a step's `of_words` behind those of the step before, and their number is added to `counts`. All arrays are contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        of_base, of_gain, *starts, all_sums, words = data_of(
            context, builder, signature, arguments, 0, 1, 2, 3, 4, 5, 7
        )
        between_sums, first, apart, n_steps = (arguments[k] for k in (6, 8, 9, 10))
        spikes = _Spikes.behind(builder, words, first, apart)
        array = context.make_array(signature.args[3])(context, builder, arguments[3])

        def body(kind: Any, i: Any) -> None:
            keeps, takes, dt = (everywhere(builder, kind, k) for k in arguments[11:])
            zero, one = (everywhere(builder, kind, ir.DoubleType()(k)) for k in (0.0, 1.0))
            base, gain = (load(builder, kind, start, i) for start in (of_base, of_gain))

            def step(number: Any, s: Any, v: Any, count: Any) -> tuple[Any, Any, Any]:
                place = builder.add(builder.mul(number, between_sums), i)
                x = load(builder, kind, all_sums, place)
                store(builder, zero, all_sums, place)
                j = builder.fadd(base, builder.fmul(gain, s))
                s = builder.fadd(builder.fmul(s, keeps), builder.fmul(takes, x))
                v = builder.fadd(v, builder.fmul(j, dt))
                fires = builder.fcmp_ordered(">", v, one)
                spikes.write(builder, number, i, fires)
                is_reset = builder.or_(fires, builder.fcmp_ordered("<", v, zero))
                count = builder.fadd(count, builder.select(fires, one, zero))
                return s, builder.select(is_reset, zero, v), count

            _steps(builder, i, starts, n_steps, kind, step)

        in_lanes(builder, builder.extract_value(array.shape, 0), body, WIDTHS)
        return context.get_dummy_value()

    size, number = types.intp, types.float64
    arrays = (base, gain, filtered, voltage, counts, sums, size, bits, size, size, size)
    return types.void(*arrays, number, number, number), generate


@intrinsic
def charge_steadily(
    typing: Any,
    base: Any,
    voltage: Any,
    counts: Any,
    bits: Any,
    word: Any,
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
        array = context.make_array(signature.args[1])(context, builder, arguments[1])

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

        in_lanes(builder, builder.extract_value(array.shape, 0), body, WIDTHS)
        return context.get_dummy_value()

    size, number = types.intp, types.float64
    return types.void(base, voltage, counts, bits, size, size, size, number), generate
