"""From probabilities to what they are made of: a spec's output is one value a class, and the largest wins."""

from __future__ import annotations

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, made


def softmax(whole: Whole, node: Node) -> Step | None:
    """The class with the largest probability is that with the largest logit."""
    if node is not whole.graph.output or not isinstance(node.operation, ops.Softmax):
        return None
    why = "the largest logit is the largest probability; training has the softmax in its loss"
    return Step((), (Change(node.name, "no softmax", why),))


def one_sigmoid(whole: Whole, node: Node) -> Step | None:
    """A probability over one half is a logit over zero: so two classes, the first of which always has 0."""
    if node is not whole.graph.output or not isinstance(node.operation, ops.Sigmoid):
        return None
    if node.shape != (1,):
        return None
    two = ops.Dense(np.array([[0.0, 1.0]]), np.zeros(2))
    before = whole.before(node)
    change = Change(node.name, "two classes, 0 and the logit", "over one half is over zero")
    return Step((made(node.name, node.kind, two, (before,)),), (change,))


#: They change values, but no answer.
RULES = (softmax, one_sigmoid)
