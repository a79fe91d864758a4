"""Rewrite a graph into one that computes the same, rule by rule, until none applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from snnc.importing.graph import Graph, Node
from snnc.importing.operations import Flatten, Operation
from snnc.spec.base import free_name


@dataclass(frozen=True)
class Change:
    """What became of a layer of the file, and why. `into` is the node that has taken it in, if one has: "folded into" conv1."""

    of: str
    became: str
    why: str = ""
    into: str = ""


@dataclass(frozen=True, eq=False)
class Step:
    """The nodes that take the place of one, the last of them for those that read it; none if its input does."""

    nodes: tuple[Node, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, eq=False)
class Whole:
    """A graph, as a rule looks at it."""

    graph: Graph

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {node.name: node for node in self.graph.nodes}

    @cached_property
    def _readers(self) -> dict[str, list[Node]]:
        readers: dict[str, list[Node]] = {node.name: [] for node in self.graph.nodes}
        for node in self.graph.nodes:
            for name in dict.fromkeys(node.inputs):
                readers[name].append(node)
        return readers

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """Return the nodes that a node reads."""
        return tuple(self.nodes[name] for name in node.inputs)

    def before(self, node: Node) -> Node:
        """Return the first node that a node reads."""
        return self.nodes[node.inputs[0]]

    def readers(self, node: Node) -> list[Node]:
        """Return the nodes that read a node."""
        return self._readers[node.name]

    def for_one(self, node: Node) -> bool:
        """Whether one node alone reads another, so that it may change into something else."""
        return len(self.readers(node)) == 1 and node is not self.graph.output

    def name(self, wanted: str) -> str:
        """Return a name that no node has yet."""
        return free_name(wanted, self.nodes)

    def instead(self, node: Node) -> str:
        """Return a name for what takes a node's place where one node reads it: its own, unless others read it too."""
        return node.name if self.for_one(node) else self.name(node.name)


#: Returns what takes the place of a node, if the rule applies to it.
Rule = Callable[[Whole, Node], Step | None]


def made(name: str, kind: str, operation: Operation, inputs: Iterable[Node]) -> Node:
    """Return a node of an operation on what some nodes put out."""
    read = tuple(inputs)
    shape = operation.shape(*(node.shape for node in read))
    return Node(name, kind, operation, tuple(node.name for node in read), shape)


def like(node: Node, operation: Operation, inputs: Iterable[Node], name: str = "") -> Node:
    """Return a node of another operation in place of one."""
    return made(name or node.name, node.kind, operation, inputs)


def swapped(whole: Whole, node: Node, first: Operation, then: Operation) -> tuple[Node, Node]:
    """Return the nodes that take the place of one and of that which it reads, now the other way round.

    `first` is what the node computes then, of what the other one read, and `then` what the other one does of that.
    """
    before = whole.before(node)
    earlier = like(node, first, whole.inputs(before))
    return earlier, like(before, then, (earlier,), whole.instead(before))


def flattens(node: Node) -> bool:
    """Whether a node puts values in a row, in the order of their axes."""
    return isinstance(node.operation, Flatten) and not node.operation.channels_first


def rewritten(graph: Graph, rules: Sequence[Rule]) -> tuple[Graph, tuple[Change, ...]]:
    """Return a graph to which no rule applies any more, and all changes that led there."""
    changes: list[Change] = []
    while found := _first(Whole(graph), rules):
        node, step = found
        graph = spliced(graph, node, step.nodes)
        changes += step.changes
    return graph, tuple(dict.fromkeys(changes))


def _first(whole: Whole, rules: Sequence[Rule]) -> tuple[Node, Step] | None:
    for rule in rules:
        for node in whole.graph.nodes:
            if step := rule(whole, node):
                return node, step
    return None


def spliced(graph: Graph, node: Node, nodes: Sequence[Node]) -> Graph:
    """Return a graph with nodes in place of one, without what nothing reads then.

    A new node replaces an old one of its name.
    """
    last = nodes[-1].name if nodes else node.inputs[0]
    new = {each.name for each in nodes}
    output = last if node is graph.output else graph.output.name
    row: list[Node] = []
    for old in graph.nodes:
        if old is node:
            row += nodes
        elif old.name not in new:
            inputs = tuple(last if name == node.name else name for name in old.inputs)
            row.append(old if inputs == old.inputs else replace(old, inputs=inputs))
    return replace(graph, nodes=_alive(row, output))


def _alive(nodes: Sequence[Node], output: str) -> tuple[Node, ...]:
    """Return the input and the nodes that lead to the output."""
    alive = {nodes[0].name, output}
    for node in reversed(nodes):
        if node.name in alive:
            alive.update(node.inputs)
    return tuple(node for node in nodes if node.name in alive)
