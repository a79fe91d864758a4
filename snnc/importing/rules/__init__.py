"""Exact changes of a graph, towards what a spec can say: a module for each idea, and in each the rules of it."""

from snnc.importing.rewriting import Rule
from snnc.importing.rules import (
    copies,
    joins,
    linear,
    nothing,
    order,
    padding,
    pools,
    readout,
    rectifiers,
    scales,
    sums,
)

#: In the order in which they are tried.
EXACT: tuple[Rule, ...] = (
    *nothing.RULES,
    *order.RULES,
    *linear.RULES,
    *scales.RULES,
    *pools.RULES,
    *rectifiers.RULES,
    *joins.RULES,
    *sums.RULES,
    *readout.RULES,
    *padding.RULES,
    scales.as_weights,
    linear.all_channels,
    *copies.RULES,
)
