"""Sums of weighted values: one bias for all, and each source once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array
from snnc.importing.rewriting import Change, Step, Whole, like
from snnc.importing.rules.linear import plus


def sum_of_sums(whole: Whole, node: Node) -> Step | None:
    """A sum that a sum reads is a part of it."""
    if not isinstance(node.operation, ops.Add):
        return None
    parts = whole.inputs(node)
    inner = [part for part in parts if isinstance(part.operation, ops.Add)]
    if not inner:
        return None
    flat: list[Node] = []
    for part in parts:
        flat += whole.inputs(part) if part in inner else (part,)
    changes = (Change(part.name, "a part of", "", node.name) for part in inner)
    return Step((like(node, node.operation, flat),), tuple(changes))


def one_bias(whole: Whole, node: Node) -> Step | None:
    """Of several weighted values one brings the bias of their sum."""
    if not isinstance(node.operation, ops.Add):
        return None
    parts = list(whole.inputs(node))
    first = next((i for i, part in enumerate(parts) if is_weighted(part)), None)
    biased = [i for i, part in enumerate(parts) if bias_of(part.operation) is not None]
    if first is None or set(biased) <= {first}:
        return None
    total: Array | None = None
    for i in biased:
        total = plus(total, bias_of(parts[i].operation))
    new = []
    for i in dict.fromkeys([first, *biased]):
        part = parts[i]
        own = with_bias(part.operation, total if i == first else None)
        parts[i] = like(part, own, whole.inputs(part), whole.instead(part))
        new.append(parts[i])
    return Step((*new, like(node, node.operation, parts)))


def is_weighted(node: Node) -> bool:
    return isinstance(node.operation, ops.Dense | ops.Conv)


def bias_of(operation: ops.Operation) -> Array | None:
    """Return the bias of what has weights, unless it has none or it is zero."""
    if not isinstance(operation, ops.Dense | ops.Conv) or operation.bias is None:
        return None
    return operation.bias if np.any(operation.bias) else None


def with_bias(operation: ops.Operation, bias: Array | None) -> ops.Operation:
    assert isinstance(operation, ops.Dense | ops.Conv), "only what has weights has a bias"
    return replace(operation, bias=bias)


def weights_of_sum(whole: Whole, node: Node) -> Step | None:
    """Weights behind a sum of values are the same weights behind each of them, and one bias."""
    if not is_weighted(node):
        return None
    total = whole.before(node)
    if not isinstance(total.operation, ops.Add):
        return None
    parts = []
    for number, each in enumerate(whole.inputs(total)):
        own = node.operation if number == 0 else with_bias(node.operation, None)
        name = node.name if number == 0 else whole.name(f"{node.name}_{number + 1}")
        parts.append(like(node, own, (each,), name))
    summed = like(total, total.operation, parts, whole.name(f"{node.name}_sum"))
    change = Change(
        total.name, "the sources of", "weights of a sum are those of each part", node.name
    )
    return Step((*parts, summed), (change,))


RULES = (sum_of_sums, weights_of_sum, one_bias)
