"""Weights without neurons are read once: whoever else reads them has a copy."""

from __future__ import annotations

from dataclasses import replace

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Step, Whole, like


def own_copy(whole: Whole, node: Node) -> Step | None:
    """All but the first reader of weights without neurons have weights of their own."""
    for name in node.inputs:
        read = whole.nodes[name]
        if carries_weights(whole, read) and whole.readers(read)[0] is not node:
            copy = like(read, read.operation, whole.inputs(read), whole.name(read.name))
            inputs = tuple(copy.name if each == name else each for each in node.inputs)
            return Step((copy, replace(node, inputs=inputs)))
    return None


def carries_weights(whole: Whole, node: Node) -> bool:
    """Whether a node puts out weighted values that no neurons have passed."""
    match node.operation:
        case ops.Dense() | ops.Conv():
            return True
        case ops.Relu() | ops.Input():
            return False
    return any(carries_weights(whole, each) for each in whole.inputs(node))


RULES = (own_copy,)
