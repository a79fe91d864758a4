"""Instructions for several numbers at once, for compiled code: to add weights up, and to find the neurons that fire.

What rounds, rounds as NumPy and BLAS do: LLVM keeps to the order that is written, and fuses nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from snnc.emulator.machine import intrinsic

#: How many numbers are computed at once.
WIDTH = 8
#: How many sums are added to without a loop.
USUAL = (16, 32, 64)
#: How many sums stay in registers while weights are added to them.
KEPT = (64, 32, 8, 4)
#: How many bits of a word are looked at together.
SET = 3


def in_lanes(
    builder: Any, n: Any, body: Callable[[Any, Any], None], widths: Sequence[int] = (WIDTH,)
) -> None:
    """Generate loops over n places, some at a time and the last ones one by one: `body` gets the kind of a value, and a place."""
    begin = ir.Constant(n.type, 0)
    for width in (*widths, 1):
        kind = ir.DoubleType() if width == 1 else ir.VectorType(ir.DoubleType(), width)
        end, step = builder.and_(n, ir.Constant(n.type, -width)), ir.Constant(n.type, width)
        with cgutils.for_range_slice(builder, begin, end, step, n.type) as (i, _):
            body(kind, i)
        begin = end


def everywhere(builder: Any, kind: Any, value: Any) -> Any:
    """Return a number in all lanes of a kind of values."""
    if kind == value.type:
        return value
    undefined, lanes = ir.Constant(kind, ir.Undefined), ir.VectorType(ir.IntType(32), kind.count)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(lanes, [0] * kind.count))


def load(builder: Any, kind: Any, start: Any, i: Any) -> Any:
    """Return values from memory: the i-th number behind the start, and those that follow it."""
    value = builder.load(builder.bitcast(builder.gep(start, [i]), kind.as_pointer()))
    value.align = 8
    return value


def store(builder: Any, value: Any, start: Any, i: Any) -> None:
    place = builder.bitcast(builder.gep(start, [i]), value.type.as_pointer())
    builder.store(value, place).align = 8


def data_of(context: Any, builder: Any, signature: Any, arguments: Any, *numbers: int) -> list[Any]:
    """Return where the arrays among some arguments begin, which are contiguous."""
    return [
        context.make_array(signature.args[k])(context, builder, arguments[k]).data for k in numbers
    ]


def _adding(fuses: bool) -> Any:
    """Return an instruction that adds a number of weights, times a value, to as many sums, eight at a time.

    Both arrays are contiguous; the first weight and the first sum are named by their places in memory. To call a function for
    each spike would take longer than what it adds.
    """

    @intrinsic
    def add(typing: Any, sums: Any, t: Any, weights: Any, w: Any, value: Any, n: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            target, source = (
                builder.gep(data, [place])
                for data, place in zip(
                    data_of(context, builder, signature, arguments, 0, 2),
                    (arguments[1], arguments[3]),
                    strict=True,
                )
            )

            def body(kind: Any, i: Any) -> None:
                factor = everywhere(builder, kind, arguments[4])
                weight, total = load(builder, kind, source, i), load(builder, kind, target, i)
                total = _added(builder, kind, weight, factor, total, fuses)
                store(builder, total, target, i)

            _of_usual_length(builder, arguments[5], body, [WIDTH] * len(USUAL), [WIDTH, 4])
            return context.get_dummy_value()

        return types.void(
            sums, types.intp, weights, types.intp, types.float64, types.intp
        ), generate

    return add


def _gathering(fuses: bool) -> Any:
    """Return an instruction that writes sums of weights, times a value: of `n` runs of them, added up in their order.

    The runs begin at some places in memory, which stand in an array from `first` on. Sums stay in registers until all are added.
    """

    @intrinsic
    def gather(
        typing: Any,
        places: Any,
        first: Any,
        n: Any,
        weights: Any,
        value: Any,
        sums: Any,
        t: Any,
        length: Any,
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            runs, source, target = data_of(context, builder, signature, arguments, 0, 3, 5)
            runs = builder.gep(runs, [arguments[1]])
            target = builder.gep(target, [arguments[6]])
            n = arguments[2]

            def body(kind: Any, i: Any) -> None:
                factor = everywhere(builder, kind, arguments[4])
                kept = cgutils.alloca_once(builder, kind)
                builder.store(everywhere(builder, kind, ir.DoubleType()(0.0)), kept)
                with cgutils.for_range(builder, n, intp=i.type) as loop:
                    begin = builder.load(builder.gep(runs, [loop.index]))
                    weight = load(builder, kind, source, builder.add(begin, i))
                    total = builder.load(kept)
                    builder.store(_added(builder, kind, weight, factor, total, fuses), kept)
                store(builder, builder.load(kept), target, i)

            _of_usual_length(builder, arguments[7], body, USUAL, KEPT)
            return context.get_dummy_value()

        size = types.intp
        return types.void(places, size, size, weights, types.float64, sums, size, size), generate

    return gather


def gathered(
    builder: Any, kind: Any, bits: Any, weights: Any, i: Any, stride: Any, factor: Any
) -> Any:
    """Generate the sums of weights, times a factor, of the bits that are set in a word: i-th numbers of rows, and those behind them.

    The 65th row is one of zeros. `SET` bits are looked at in each turn, so that most sums take one: what is left then has no bit.
    """
    kept, left = cgutils.alloca_once(builder, kind), cgutils.alloca_once(builder, bits.type)
    builder.store(everywhere(builder, kind, ir.DoubleType()(0.0)), kept)
    builder.store(bits, left)
    begin, turn, end = (builder.append_basic_block(name) for name in ("begin", "turn", "end"))
    builder.branch(begin)
    builder.position_at_end(begin)
    rest = builder.load(left)
    builder.cbranch(builder.icmp_unsigned("!=", rest, bits.type(0)), turn, end)
    builder.position_at_end(turn)
    for _ in range(SET):
        row = builder.cttz(rest, ir.IntType(1)(0))
        weight = load(builder, kind, weights, builder.add(builder.mul(row, stride), i))
        builder.store(_fma(builder, kind, weight, factor, builder.load(kept)), kept)
        rest = builder.and_(rest, builder.sub(rest, bits.type(1)))
    builder.store(rest, left)
    builder.branch(begin)
    builder.position_at_end(end)
    return builder.load(kept)


@intrinsic
def gather_bits(
    typing: Any,
    bits: Any,
    weights: Any,
    first: Any,
    stride: Any,
    value: Any,
    sums: Any,
    t: Any,
    n: Any,
) -> Any:
    """Write n sums of weights, times a value, to a place in memory: of the rows whose bits are set, the first of which begins there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = data_of(context, builder, signature, arguments, 1, 5)
        source = builder.gep(source, [arguments[2]])
        target = builder.gep(target, [arguments[6]])

        def body(kind: Any, i: Any) -> None:
            factor = everywhere(builder, kind, arguments[4])
            total = gathered(builder, kind, arguments[0], source, i, arguments[3], factor)
            store(builder, total, target, i)

        in_lanes(builder, arguments[7], body, KEPT)
        return context.get_dummy_value()

    size = types.intp
    return types.void(types.uint64, weights, size, size, types.float64, sums, size, size), generate


def _added(builder: Any, kind: Any, weight: Any, factor: Any, total: Any, fuses: bool) -> Any:
    if fuses:
        return _fma(builder, kind, weight, factor, total)
    return builder.fadd(total, builder.fmul(weight, factor))


def _of_usual_length(
    builder: Any,
    n: Any,
    body: Callable[[Any, Any], None],
    at_once: Sequence[int],
    widths: Sequence[int],
) -> None:
    """Generate `in_lanes`, and without a loop for as many places as convolutions often have filters: so many of these `at_once`."""
    begins = builder.function
    done = begins.append_basic_block("done")
    otherwise = begins.append_basic_block("otherwise")
    switch = builder.switch(n, otherwise)
    for length, width in zip(USUAL, at_once, strict=True):
        block = begins.append_basic_block(f"of_{length}")
        switch.add_case(ir.Constant(n.type, length), block)
        builder.position_at_end(block)
        for i in range(0, length, width):
            body(ir.VectorType(ir.DoubleType(), width), ir.Constant(n.type, i))
        builder.branch(done)
    builder.position_at_end(otherwise)
    in_lanes(builder, n, body, widths)
    builder.branch(done)
    builder.position_at_end(done)


def _fma(builder: Any, kind: Any, a: Any, b: Any, c: Any) -> Any:
    if kind == ir.DoubleType():
        return builder.fma(a, b, c)
    function = ir.FunctionType(kind, [kind] * 3)
    fma = cgutils.get_or_insert_function(builder.module, function, f"llvm.fma.v{kind.count}f64")
    return builder.call(fma, [a, b, c])


add_fused, add_rounded = _adding(fuses=True), _adding(fuses=False)
gather_fused, gather_rounded = _gathering(fuses=True), _gathering(fuses=False)


@intrinsic
def clear(typing: Any, sums: Any, first: Any, n: Any) -> Any:
    """Write so many zeros to a place in memory."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (start,) = data_of(context, builder, signature, arguments, 0)
        start = builder.gep(start, [arguments[1]])

        def body(kind: Any, i: Any) -> None:
            store(builder, everywhere(builder, kind, ir.DoubleType()(0.0)), start, i)

        in_lanes(builder, arguments[2], body, KEPT)
        return context.get_dummy_value()

    return types.void(sums, types.intp, types.intp), generate


@intrinsic
def write_places(typing: Any, word: Any, first: Any, places: Any, n: Any) -> Any:
    """Write `first` and the numbers of the bits that are set in a word to places from the n-th on, and return how many are set.

    Eight places are written at a time, so that the last ones may mean nothing: how often a loop runs that takes one bit at a time
    can't be foreseen by the processor.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits, first, _, n = arguments
        (start,) = data_of(context, builder, signature, arguments, 2)
        kind, number = ir.IntType(64), builder.ctpop(bits)
        left = cgutils.alloca_once_value(builder, bits)
        zero, eight = ir.Constant(kind, 0), ir.Constant(kind, 8)
        with cgutils.for_range_slice(builder, zero, number, eight, kind) as (i, _):
            rest = builder.load(left)
            for k in range(8):
                place = builder.add(builder.add(n, i), ir.Constant(kind, k))
                # Without any left, some number.
                lowest = builder.cttz(rest, ir.Constant(ir.IntType(1), 0))
                builder.store(builder.add(first, lowest), builder.gep(start, [place]))
                rest = builder.and_(rest, builder.sub(rest, ir.Constant(kind, 1)))
            builder.store(rest, left)
        return number

    return types.intp(types.uint64, types.intp, places, types.intp), generate


@intrinsic
def copy_words(typing: Any, source: Any, first: Any, words: Any, n: Any) -> Any:
    """Copy as many words as are computed at once, from the `first` one of a source to the n-th place and those behind it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        begin, target = data_of(context, builder, signature, arguments, 0, 2)
        kind = ir.VectorType(ir.IntType(64), WIDTH)
        store(builder, load(builder, kind, begin, arguments[1]), target, arguments[3])
        return context.get_dummy_value()

    return types.void(source, types.intp, words, types.intp), generate
