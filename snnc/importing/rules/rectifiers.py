"""Rectifiers with a slope below zero, or a ceiling, as sums of plain ones."""

from __future__ import annotations

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, like, made
from snnc.importing.rules.nothing import is_positive


def plain(whole: Whole, node: Node) -> Step | None:
    """min(max(z, 0), c) is relu(z) - relu(z - c), and a slope below zero is - slope relu(-z)."""
    rectifier = node.operation
    if not isinstance(rectifier, ops.Relu):
        return None
    slope, ceiling = rectifier.slope, rectifier.ceiling
    if slope == 0 and ceiling == np.inf:
        return None
    before = whole.before(node)
    parts = [like(node, ops.Relu(), (before,))]
    nodes = [parts[0]]
    said = ["relu(z)"]
    if ceiling < np.inf:
        parts.append(_less(whole, node, "over", (1.0, -ceiling), -1.0, nodes))
        said.append(f"- relu(z - {ceiling:g})")
    if slope and not is_positive(whole, before):
        parts.append(_less(whole, node, "below", (-1.0, 0.0), -slope, nodes))
        said.append(f"- {slope:g} relu(-z)")
    total = made(whole.name(f"{node.name}/sum"), node.kind, ops.Add(), parts)
    words = {2: "two layers", 3: "three layers"}.get(len(parts), "one layer")
    change = Change(node.name, words, f"it is {' '.join(said)}")
    return Step((*nodes, total), (change,))


def _less(
    whole: Whole,
    node: Node,
    called: str,
    moved: tuple[float, float],
    times: float,
    nodes: list[Node],
) -> Node:
    """Add nodes that rectify what is scaled and shifted, and return the one that has it times a number."""
    scale, shift = map(np.asarray, moved)
    name = f"{node.name}/{called}"
    before = made(
        whole.name(f"{name}/before"), node.kind, ops.Scale(scale, shift), (whole.before(node),)
    )
    rectified = made(whole.name(name), node.kind, ops.Relu(), (before,))
    weighed = ops.Scale(np.asarray(times), np.asarray(0.0))
    after = made(whole.name(f"{name}/after"), node.kind, weighed, (rectified,))
    nodes += (before, rectified, after)
    return after


RULES = (plain,)
