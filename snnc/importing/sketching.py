"""From a graph to sketches of a spec: the plain one, and others where the chip has no room for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from snnc.importing.graph import Graph
from snnc.importing.lowering import lowered
from snnc.importing.offences import offences
from snnc.importing.refusal import NotCarriedOver
from snnc.importing.rewriting import Change, rewritten
from snnc.importing.rules import EXACT, asked, ends
from snnc.importing.rules.encoding import encoded, halves, pooled
from snnc.importing.sketch import Sketch, uses_chip

#: A graph that computes the same with more neurons, and what that changes.
Way = Callable[[Graph], tuple[Graph, tuple[Change, ...]]]


@dataclass(frozen=True, eq=False)
class Sketched:
    """A sketch, the graph that it says, and what became of the file's layers on the way.

    `file` is the file's graph up to its logits; `logits` is that with what was asked to be another.
    """

    file: Graph
    logits: Graph
    graph: Graph
    sketch: Sketch
    changes: tuple[Change, ...]

    @property
    def is_other(self) -> bool:
        """Whether it was asked to be another network than the file's."""
        return self.logits is not self.file


def sketched(read: Graph, file: str, averages: bool) -> Sketched:
    """Return the sketch of a file's graph. Raises a Refusal that names all layers that can't be said."""
    wrong = tuple(offences(read, averages))
    if wrong:
        raise NotCarriedOver(file, wrong)
    own, ended = rewritten(read, ends.RULES)
    logits, wanted = rewritten(own, asked.RULES if averages else ())
    exact, changed = rewritten(logits, EXACT)
    for way in (_as_it_is, encoded, halves, _both):
        put, before = way(exact)
        put, again = rewritten(put, EXACT)
        sketch, wrong = lowered(put)
        if not sketch:
            raise NotCarriedOver(file, wrong)
        if uses_chip(sketch):
            changes = (*before, *ended, *wanted, *changed, *again)
            return Sketched(own, logits, put, sketch, changes)
    raise AssertionError("with neurons before and behind it, every model is on the chip")


def smaller(plain: Sketched) -> Iterator[Sketched]:
    """Yield sketches for which the chip may have room where it has none for the plain one; the last one needs none."""
    put, changes = pooled(plain.graph)
    sketch, _ = lowered(put)
    if changes and sketch:
        yield replace(plain, graph=put, sketch=sketch, changes=(*changes, *plain.changes))
    yield replace(plain, sketch=replace(plain.sketch, on_chip=False))


def _as_it_is(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    return graph, ()


def _both(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    put, changes = halves(graph)
    coded, others = encoded(put)
    return coded, (*changes, *others)
