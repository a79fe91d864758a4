"""NumPy's own loops and some instructions of the processor, for compiled code.

Compiled code has to agree with NumPy to the last bit. No other library's exponentials and logarithms do: it calls the loops
that NumPy's ufuncs call. Where BLAS adds up products with a single rounding, `fused` does so too.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from llvmlite import ir
from numba import extending, njit, types

Function = TypeVar("Function", bound=Callable[..., Any])

#: For a function that Python calls: it is stored on disk once compiled, and lets other threads run.
compiled: Callable[[Function], Function] = njit(cache=True, nogil=True)
#: For an instruction: a function of its arguments' types that returns its signature, and the function that generates it.
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic
#: For a function that only compiled code calls, and that is stored with it. Numba doesn't compile the callers in other files
#: anew when it changes: delete `__pycache__` after a change here. Its caller holds all arrays, so that it makes none, and doesn't
#: count their users, which takes longer than what few neurons do.
inner: Callable[[Function], Function] = njit(
    nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
)
#: For a small function in a loop, where to call it would take longer than what it does.
inlined: Callable[[Function], Function] = njit(
    nogil=True, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
)

#: Bytes that are 0 or 1, for neurons that fired or didn't, are read in groups of this size.
GROUP = 64


class Loop(NamedTuple):
    """The addresses of a ufunc's loop over double precision, and of the data that it takes."""

    function: int
    data: int


class _UFunc(ctypes.Structure):
    """The beginning of a PyUFuncObject, as NumPy's C API documents it, behind the header of every object."""

    _fields_ = (
        ("counts", ctypes.c_int * 4),
        ("functions", ctypes.POINTER(ctypes.c_size_t)),
        ("data", ctypes.POINTER(ctypes.c_size_t)),
    )


def loop_of(ufunc: np.ufunc) -> Loop:
    """Return the loop of a ufunc of one argument, for `call`."""
    kind = ufunc.types.index("d->d")
    struct = _UFunc.from_address(id(ufunc) + object.__basicsize__)
    return Loop(struct.functions[kind], struct.data[kind] if struct.data else 0)


@intrinsic
def call(typing: Any, loop: Any, source: Any, target: Any, n: Any) -> Any:
    """Let a ufunc's loop compute the first n numbers of `target` from those of `source`, both contiguous."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, size = ir.IntType(8).as_pointer(), ir.IntType(64)
        function, data = (
            builder.inttoptr(builder.extract_value(arguments[0], k), byte) for k in range(2)
        )
        pointers, strides = builder.alloca(byte, 2), builder.alloca(size, 2)
        for k in range(2):
            place = [ir.Constant(size, k)]
            array = context.make_array(signature.args[1 + k])(context, builder, arguments[1 + k])
            builder.store(builder.bitcast(array.data, byte), builder.gep(pointers, place))
            builder.store(ir.Constant(size, 8), builder.gep(strides, place))
        count = builder.alloca(size)
        builder.store(arguments[3], count)
        kind = ir.FunctionType(
            ir.VoidType(), [byte.as_pointer(), size.as_pointer(), size.as_pointer(), byte]
        )
        function = builder.bitcast(function, kind.as_pointer())
        builder.call(function, [pointers, count, strides, data])
        return context.get_dummy_value()

    return types.void(loop, source, target, types.intp), generate


@intrinsic
def fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def lowest_bit(typing: Any, word: Any) -> Any:
    """Return the number of the lowest bit that is set in a word other than 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic
def packed(typing: Any, flags: Any, begin: Any) -> Any:
    """Return the 64 bytes from `begin` on, contiguous, as the bits of a word: those that aren't 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        eight_bits, together = ir.IntType(8), ir.VectorType(ir.IntType(8), GROUP)
        place = builder.gep(builder.bitcast(array.data, eight_bits.as_pointer()), [arguments[1]])
        loaded = builder.load(builder.bitcast(place, together.as_pointer()))
        loaded.align = 1
        zeros = ir.Constant(together, [0] * GROUP)
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, zeros), ir.IntType(GROUP))

    return types.uint64(flags, types.intp), generate


def padded(n: int) -> int:
    """Return n rounded up to whole groups."""
    return -(-n // GROUP) * GROUP


@inner
def bits_of(words: Any, row: Any, group: Any) -> Any:
    """Return a group of bytes that are 0 or 1, which is eight words of a row, as the bits of one word."""
    bits = np.uint64(0)
    for k in range(8):
        # The highest byte of the product has the lowest bits of all eight bytes side by side.
        eight = (words[row, 8 * group + k] * np.uint64(0x0102040810204080)) >> np.uint64(56)
        bits |= eight << np.uint64(8 * k)
    return bits
