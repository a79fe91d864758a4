"""What compiled code takes from the processor and from NumPy itself.

Numbers shall come out as NumPy's do, to the last bit. Its exponentials and logarithms are no other library's: compiled code
calls the very loops that NumPy's ufuncs call. Where BLAS adds up products with a single rounding, so does `fused`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from llvmlite import ir
from numba import extending, njit, types

Function = TypeVar("Function", bound=Callable[..., Any])

#: What Python calls: it is kept on disk once compiled, and lets other threads run.
compiled: Callable[[Function], Function] = njit(cache=True, nogil=True)
#: An instruction: told the types of what it is given, it returns its signature and what generates it.
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic
#: What only compiled code calls, and is kept with it. That isn't compiled anew when another file changes: delete `__pycache__`
#: after a change here.
inner: Callable[[Function], Function] = njit(
    nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
)


#: So many bytes, each of which says whether something fired, are looked at together.
TOGETHER = 64


class Loop(NamedTuple):
    """Where a ufunc's loop over double precision is in memory, and what it is handed."""

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
    """Return the loop of a ufunc that takes one number and gives one, as `called` wants it."""
    kind = ufunc.types.index("d->d")
    found = _UFunc.from_address(id(ufunc) + object.__basicsize__)
    return Loop(found.functions[kind], found.data[kind] if found.data else 0)


@intrinsic
def called(typing: Any, loop: Any, source: Any, target: Any, n: Any) -> Any:
    """Let a ufunc's loop compute the first n numbers of a target from those of a source, both contiguous."""

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
    """Return the number of the lowest bit of a word that is set, if one is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


def padded(n: int) -> int:
    """Return how many bytes hold n in whole groups."""
    return -(-n // TOGETHER) * TOGETHER


@inner
def bits_of(words: Any, row: Any, group: Any) -> Any:
    """Return 64 bytes that are 0 or 1, eight words of them, as the bits of one word."""
    bits = np.uint64(0)
    for k in range(8):
        # The product has the eight bytes side by side in its highest one.
        eight = (words[row, 8 * group + k] * np.uint64(0x0102040810204080)) >> np.uint64(56)
        bits |= eight << np.uint64(8 * k)
    return bits
