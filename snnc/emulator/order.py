"""The order of the operators of every step: one after the other, each for many steps; those in a circle take turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from nengo.utils.graphs import toposort
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from snnc.emulator.operators import Reads, bases, written


class Part(NamedTuple):
    """One operator that runs all its steps at once, or several in a circle, which take turns in every step."""

    operators: list[Any]
    in_turns: bool


def parts(reads: Reads, internal: set[Any], sharing: Mapping[Any, int]) -> list[Part]:
    """Return operators in parts, of which each only waits for earlier ones.

    Those that are `sharing` a memory, by the number of their group, take turns.
    """
    operators = list(reads)
    pairs = {*dependencies(reads, internal), *_circles_of(operators, sharing)}
    return _parts(operators, pairs) if operators else []


def in_turns(parts: Iterable[Part]) -> set[Any]:
    """Return the operators that take turns."""
    return {operator for part in parts if part.in_turns for operator in part.operators}


def of_these(parts: Iterable[Part], operators: Iterable[Any]) -> list[Part]:
    """Return the parts that are left if only some operators are: all of those that take turns are among these."""
    left = set(operators)
    return [part for part in parts if not left.isdisjoint(part.operators)]


def _circles_of(operators: Sequence[Any], groups: Mapping[Any, int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of operators by their numbers, so that all in a group wait for each other."""
    members: dict[int, list[int]] = {}
    for number, operator in enumerate(operators):
        if operator in groups:
            members.setdefault(groups[operator], []).append(number)
    for numbers in members.values():
        for first, second in pairwise(numbers):
            yield first, second
            yield second, first


def dependencies(reads: Reads, internal: set[Any]) -> Iterator[tuple[int, int]]:
    """Yield pairs of operators, by their numbers: the second has to wait for the first, in this step or in the next one.

    It reads a signal that the first one writes, or writes it after the first one. `internal` states order nothing.
    """
    writers: dict[Any, list[int]] = {}
    for number, operator in enumerate(reads):
        for base in bases(written(operator)) - internal:
            writers.setdefault(base, []).append(number)
    for numbers in writers.values():
        yield from pairwise(numbers)
    for number, read in enumerate(reads.values()):
        for base in read:
            for writer in writers.get(base, ()):
                yield writer, number


def _parts(operators: Sequence[Any], pairs: set[tuple[int, int]]) -> list[Part]:
    circle = _circles(pairs, len(operators))
    followers: dict[int, set[int]] = {number: set() for number in circle}
    for first, second in pairs:
        followers[circle[first]].add(circle[second])
    order = toposort({number: others - {number} for number, others in followers.items()})
    return [
        Part(
            [op for op, its_circle in zip(operators, circle, strict=True) if its_circle == number],
            in_turns=number in followers[number],
        )
        for number in order
    ]


def _circles(pairs: Iterable[tuple[int, int]], n: int) -> list[int]:
    """Return the number of the circle that each of n operators is in: by itself, or with all that wait for each other."""
    first, second = np.array(sorted(pairs), dtype=int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(first)), (first, second)), (n, n))
    _, circle = connected_components(graph, connection="strong")
    return list(map(int, circle))
