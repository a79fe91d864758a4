"""The search for the cuts of all layers that take the fewest cores together.

Axons out of a layer count once for each block that they lead into. So later layers are cut first. Where that leaves a layer
before them too little room for as few blocks as it could have, the next best cuts of the later ones are tried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from snnc.loihi.axons import DenseAxons, Everywhere, Fanout
from snnc.loihi.candidates import Candidate, Cut, Layer
from snnc.loihi.cores import Chip, Fanouts
from snnc.program.network import Connection

#: How many blocks are counted to find better cuts than the first. A number, not a time: the same cuts on every machine.
BUDGET = 20_000


def fewest(spread: Chip, open_layers: Collection[str]) -> Mapping[str, Cut]:
    """Return the cut of each layer, by name: the sum of all cores is the smallest that was found.

    A layer that no cut makes fit stays as it is, and its cut says so.
    """
    layers = [Layer(spread, p, p.name in open_layers) for p in reversed(spread.populations)]
    found = _Search(layers, _least(layers)).run()
    return {layer.population.name: each for layer, each in zip(layers, found, strict=True)}


def _least(layers: Sequence[Layer]) -> list[int]:
    """Return what each layer costs at least, whatever the cuts of the others."""
    costs = []
    fanouts: dict[Connection, Fanout] = {}
    for layer in layers:
        cut = layer.fewest(fanouts)
        costs.append(cut.cost)
        # All blocks of a dense layer are led into by all axons. Other layers may be cut so that most axons lead into one.
        axons = layer.spread.axons
        for connection in layer.spread.network.into(layer.population.name):
            if cut.fits and isinstance(axons[connection], DenseAxons):
                fanouts[connection] = Everywhere(cut.number)
    return costs


class _Node(NamedTuple):
    """Some layers, from the last on, that are cut."""

    #: What all layers cost at least if these are cut in this way.
    bound: int
    #: Of two with the same bound, the one that was found first.
    number: int
    cost: int
    cuts: tuple[Cut, ...]
    fanouts: Fanouts


@dataclass
class _Search:
    """A search for the cheapest cuts of all layers, of which the later ones come first."""

    layers: Sequence[Layer]
    least: Sequence[int]
    best: _Node | None = None
    left: int = BUDGET
    _numbers: Iterator[int] = field(default_factory=count)
    #: The least cost at which some layers were cut, by their number and the fan-out into the blocks.
    _seen: dict[tuple[int, frozenset[tuple[Connection, Fanout]]], int] = field(default_factory=dict)

    def run(self) -> Sequence[Cut]:
        """Return the cut of each layer."""
        stack = [self._following(_Node(0, next(self._numbers), 0, (), {}))]
        while stack and not (self.best and self.left <= 0):
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
            elif self.best and node.bound >= self.best.cost:
                continue
            elif len(node.cuts) == len(self.layers):
                self.best = node
            else:
                stack.append(self._following(node))
        assert self.best, "every layer can stay as it is"
        return self.best.cuts

    def _following(self, node: _Node) -> Iterator[_Node]:
        """Yield nodes with one more layer cut, the smallest bound first, as long as they may be better than the best."""
        layer = self.layers[len(node.cuts)]
        queue: list[_Node] = []
        for candidate in self._candidates(layer, node):
            # Cuts that come later have as many blocks, or more.
            later = node.cost + candidate.cut.cost + self._rest(node, len(node.cuts) + 1)
            if self.best and later >= self.best.cost:
                break
            if following := self._with(node, candidate):
                heappush(queue, following)
            while queue and queue[0].bound <= later:
                yield heappop(queue)
        while queue:
            yield heappop(queue)
        if misfit := self._with(node, layer.misfit):
            yield misfit

    def _candidates(self, layer: Layer, node: _Node) -> Iterator[Candidate]:
        """Yield the cuts of a layer that fit, given those of the layers behind it."""
        for candidate in layer.candidates(node.fanouts):
            fits = layer.fits(candidate, node.fanouts)
            self.left -= candidate.cut.number if fits else 1
            if fits:
                yield candidate
            if self.left <= 0 and self.best:
                return

    def _with(self, node: _Node, candidate: Candidate) -> _Node | None:
        """Return a node with one more layer cut; None if another one is as good."""
        # What leads into a layer that doesn't fit is no reason to cut those before it.
        fanouts = {**node.fanouts, **(candidate.leading if candidate.cut.fits else {})}
        cuts, cost = (*node.cuts, candidate.cut), node.cost + candidate.cut.cost
        # Only layers that aren't cut yet see a difference.
        to_come = {layer.population.name for layer in self.layers[len(cuts) :]}
        seen = {each: fanout for each, fanout in fanouts.items() if each.source in to_come}
        alike = (len(cuts), frozenset(seen.items()))
        if self._seen.setdefault(alike, cost + 1) <= cost:
            return None
        self._seen[alike] = cost
        following = _Node(0, next(self._numbers), cost, cuts, seen)
        bound = cost + self._rest(following, len(cuts))
        if self.best and bound >= self.best.cost:
            return None
        return following._replace(bound=bound)

    def _rest(self, node: _Node, cut: int) -> int:
        """Return what all but the first layers cost at least, if axons lead where they do at a node."""
        rest = zip(self.layers[cut:], self.least[cut:], strict=True)
        known = {connection.source for connection in node.fanouts}
        return sum(
            max(least, layer.cores(node.fanouts)) if layer.population.name in known else least
            for layer, least in rest
        )
