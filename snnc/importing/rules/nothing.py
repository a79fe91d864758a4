"""What does nothing when the network runs goes."""

from __future__ import annotations

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole


def identity(whole: Whole, node: Node) -> Step | None:
    """Dropout, noise and augmentation are for training alone."""
    if isinstance(node.operation, ops.Identity):
        return Step((), (Change(node.name, "nothing", "it does something in training alone"),))
    return None


def same_values(whole: Whole, node: Node) -> Step | None:
    """A node that returns what it gets."""
    if not node.inputs or node.shape != whole.before(node).shape or not _is_idle(node):
        return None
    return Step((), (Change(node.name, "nothing", "it leaves all values as they are"),))


def _is_idle(node: Node) -> bool:
    match node.operation:
        case ops.Pad(padding):
            return not np.any(padding)
        case ops.Pool(window, strides, padding):
            return set(window) | set(strides) == {1} and not np.any(padding)
        case ops.Scale(scale, shift):
            return bool(np.all(scale == 1) and np.all(shift == 0))
        case ops.Permute(axes):
            return axes == tuple(range(len(axes)))
        case ops.Flatten() | ops.Reshape():
            return True
        case ops.Add() | ops.Concatenate():
            return len(node.inputs) == 1
    return False


def rectified_twice(whole: Whole, node: Node) -> Step | None:
    """A rectifier of what is never negative does nothing."""
    rectifier = node.operation
    if not isinstance(rectifier, ops.Relu) or rectifier.ceiling < np.inf:
        return None
    if is_positive(whole, whole.before(node)):
        return Step((), (Change(node.name, "nothing", "nothing negative reaches it"),))
    return None


def is_positive(whole: Whole, node: Node) -> bool:
    """Whether a node never puts out anything negative, by what it is."""
    match node.operation:
        case ops.Relu(slope):
            return slope == 0
        case ops.Softmax() | ops.Sigmoid():
            return True
        case ops.Pool() | ops.GlobalPool() | ops.Flatten() | ops.Reshape() | ops.Permute():
            return is_positive(whole, whole.before(node))
        case ops.Pad() | ops.Add() | ops.Concatenate():
            return all(is_positive(whole, each) for each in whole.inputs(node))
    return False


RULES = (identity, same_values, rectified_twice)
