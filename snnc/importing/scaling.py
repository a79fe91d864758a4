"""How the items of an imported network are scaled: as its file does it, or by the rule with which it answers most items rightly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from snnc.data.prepare import scaled, split, trained_on
from snnc.diagnostics.errors import Refusal
from snnc.importing.graph import Graph
from snnc.importing.measured import answers
from snnc.importing.operations import Array, Scale, Shape
from snnc.importing.rules.scales import each_channel
from snnc.program.program import Program
from snnc.spec.scale import Fitted

#: On so many items it is tried which scale a model was trained with; none of them are test items.
TRIED = 2000


def of_file(scale: Scale, shape: Shape) -> dict[str, Any]:
    """Return what items are scaled by as `scale` in [data] has it: the file takes them times a scale, plus a shift."""
    times, shift = each_channel(scale, shape)
    if times is None or shift is None:
        times, shift = (
            np.broadcast_to(each, shape).reshape(-1) for each in (scale.scale, scale.shift)
        )
    numbers = {"subtract": _short(-shift / times), "divide": _short(1 / times)}
    return {key: value for key, value in numbers.items() if value != (key == "divide")}


def _short(values: Array) -> float | list[float]:
    """Return one number for all that are the same."""
    first, *others = (float(value) for value in values)
    return first if set(others) <= {first} else [first, *others]


@dataclass(frozen=True)
class Chosen:
    """A scale, and the share of training items that the model answers rightly with each that was tried."""

    scale: str
    shares: Mapping[str, float]
    items: int

    @property
    def short(self) -> str:
        share = 100 * self.shares[self.scale]
        return f"the file answers {share:.1f} % of {self.items:,} items to train on so; fewer as the others have it"

    def __str__(self) -> str:
        tried = ", ".join(f"{name} {100 * share:.1f} %" for name, share in self.shares.items())
        return (
            f"of {self.items:,} items to train on the file answers so many with each scale: {tried}"
        )


def chosen(graph: Graph, program: Program) -> Chosen:
    """Return the scale with which a model answers most of the items to train on."""
    items = split(program)
    shares = {}
    n = 0
    for scale in get_args(Fitted):
        source = program.data.model_copy(update={"scale": scale})
        try:
            data = scaled(replace(program, data=source), items)
        except Refusal:  # all values are alike, say
            continue
        x, y = trained_on(program, data, TRIED)
        n = len(y)
        shares[str(scale)] = float(np.mean(answers(graph, x) == y))
    return Chosen(max(shares, key=lambda name: shares[name]), shares, n)
