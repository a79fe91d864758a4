"""Many items on all cores: groups of chains go on side by side, each group in a thread."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.side_by_side import Plans, Shown, SideBySide

Array = NDArray[Any]

#: The bytes of state that a group has: with fewer items, calling the steps takes longer than the steps themselves.
STATE = 1 << 21
#: The bytes of probes' values that a group yields at a time.
RECORDED = 1 << 26
#: More items side by side gain nothing.
MOST_ITEMS = 512


def computed(
    plans: Plans, shown: Mapping[Any, Array], chains: Sequence[Array], steps: int, gap: int
) -> Iterator[tuple[Array, Shown]]:
    """Yield the numbers of items that were shown side by side, and the results.

    A chain is the numbers of items that follow each other; the longest come first.
    """
    cores = _cores()
    n_together = _group_size(plans, len(chains), len(cores), steps + gap)
    groups = (
        _Group(chains[first : first + n_together]) for first in range(0, len(chains), n_together)
    )
    #: The networks of groups that are done, for the next ones.
    idle: list[SideBySide] = []

    def show(group: _Group) -> tuple[Array, Shown]:
        if group.networks is None and idle:
            group.networks = idle.pop()
            group.networks.clear()
        elif group.networks is None:
            group.networks = SideBySide(plans, n_together)
        numbers = group.numbers
        items = {node: values[np.resize(numbers, n_together)] for node, values in shown.items()}
        results = group.networks.show(items, steps, gap, len(numbers))
        group.position += 1
        if group.is_done:
            idle.append(group.networks)
        return numbers, results

    yield from _in_threads(show, groups, cores)


def _group_size(plans: Plans, n_chains: int, n_cores: int, steps: int) -> int:
    """Return how many chains go on side by side: as the bounds allow, evened out so that all cores get the same number of groups."""
    recorded = steps * max(plans.bytes_recorded, 1)
    most = max(min(STATE // plans.bytes_of_item, RECORDED // recorded, MOST_ITEMS), 1)
    n_groups = n_cores * math.ceil(n_chains / n_cores / most)
    return math.ceil(n_chains / n_groups)


def _in_threads(
    show: Callable[[_Group], tuple[Array, Shown]], groups: Iterator[_Group], cores: list[int]
) -> Iterator[tuple[Array, Shown]]:
    """Show all items of groups, with a thread on each core, and yield the results as they come."""
    with ThreadPoolExecutor(len(cores), initializer=_settle, initargs=(iter(cores),)) as pool:
        running: dict[Future[tuple[Array, Shown]], _Group] = {}
        # One more than there are threads, so that none has to wait for the next.
        for group in islice(groups, len(cores) + 1):
            running[pool.submit(show, group)] = group
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                group = running.pop(future)
                following = next(groups, None) if group.is_done else group
                if following is not None:
                    running[pool.submit(show, following)] = following
                yield future.result()


class _Group:
    """Chains side by side, how far they are, and the networks that run them."""

    def __init__(self, chains: Sequence[Array]) -> None:
        self.chains = chains
        self.position = 0
        self.networks: SideBySide | None = None

    @property
    def numbers(self) -> Array:
        """The items that are next: the longest chains are the first."""
        return np.array(
            [chain[self.position] for chain in self.chains if self.position < len(chain)]
        )

    @property
    def is_done(self) -> bool:
        return self.position == len(self.chains[0])


def _cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def _settle(cores: Iterator[int]) -> None:
    """Keep this thread on a core of its own: Linux may let all of them begin on one, and take a tenth of a second to notice."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {next(cores)})
