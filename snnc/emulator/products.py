"""Products of matrices as nengo.Simulator computes them: it merges some, and merged ones may round otherwise."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np
from nengo.builder import Model
from nengo.builder.operator import BsrDotInc, DotInc
from nengo.builder.signal import Signal


def as_nengo_merges(network: nengo.Network, dt: float) -> Any:
    """Return a network as Nengo builds it, with operators that give what those that nengo.Simulator merges would.

    Merging lets operators wait for each other. So they stay apart where the result doesn't depend on it: everywhere but in sums of products.
    """
    apart = Model(dt=dt, label=str(network))
    apart.build(network)
    with nengo.Simulator(network, dt=dt, seed=0, progress_bar=False) as simulator:
        merged = simulator.model
    blocks = [op for op in merged.operators if type(op) is BsrDotInc]
    if not _is_unmerged(apart, merged, blocks):
        return merged
    matrices = [matrix for op in blocks for matrix in op.A.initial_value]
    apart.operators = [
        _as_block(op) if type(op) is DotInc and _is_among(op.A.initial_value, matrices) else op
        for op in apart.operators
    ]
    return apart


def _is_unmerged(apart: Any, merged: Any, blocks: list[Any]) -> bool:
    """Whether all products were merged into blocks alone, if at all."""
    n_merged = sum(len(op.A.initial_value) - 1 for op in blocks)
    n_before, n_after = (
        sum(isinstance(op, DotInc) for op in model.operators) for model in (apart, merged)
    )
    return n_before == n_after + n_merged


def _is_among(matrix: Any, matrices: list[Any]) -> bool:
    return any(np.array_equal(matrix, other) for other in matrices)


def _as_block(operator: DotInc) -> BsrDotInc:
    """Return a product as a matrix of a single block: rows of blocks are computed one by one."""
    matrix = operator.A
    block = Signal(matrix.initial_value[None], name=matrix.name, readonly=matrix.readonly)
    return BsrDotInc(
        block,
        operator.X,
        operator.Y,
        indices=np.arange(1),
        indptr=np.arange(2),
        reshape=operator.reshape,
        tag=operator.tag,
    )
