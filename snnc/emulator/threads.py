"""Many items on all cores: groups of chains go on side by side, each group in a thread."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.lanes import Lanes, Plans, Shown

Array = NDArray[Any]

#: So many bytes of state are computed at once: with fewer items, calling the steps takes longer than what they do.
AT_ONCE = 1 << 21
#: So many bytes of what probes see come from a group at a time.
SEEN = 1 << 26
#: More lanes than that gain nothing.
MOST_LANES = 512


def computed(
    plans: Plans, shown: Mapping[Any, Array], chains: Sequence[Array], steps: int, gap: int
) -> Iterator[tuple[Array, Shown]]:
    """Yield the items that were shown side by side, given by their numbers, and what came of it.

    A chain is the numbers of items that follow each other; the longest come first.
    """
    cores = _cores()
    seen = (steps + gap) * max(plans.bytes_seen, 1)
    most = max(min(AT_ONCE // plans.bytes_of_item, SEEN // seen, MOST_LANES), 1)
    # As many groups for each core.
    n_groups = len(cores) * math.ceil(len(chains) / len(cores) / most)
    n_lanes = math.ceil(len(chains) / n_groups)
    groups = (_Group(chains[first : first + n_lanes]) for first in range(0, len(chains), n_lanes))
    #: What groups have left that are done.
    idle: list[Lanes] = []

    def show(group: _Group) -> tuple[Array, Shown]:
        if group.lanes is None and idle:
            group.lanes = idle.pop()
            group.lanes.clear()
        elif group.lanes is None:
            group.lanes = Lanes(plans, n_lanes)
        numbers = group.numbers
        items = {node: values[np.resize(numbers, n_lanes)] for node, values in shown.items()}
        came = group.lanes.show(items, steps, gap, len(numbers))
        group.position += 1
        if group.is_done:
            idle.append(group.lanes)
        return numbers, came

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
    """Chains side by side, how far they are, and the lanes they are in."""

    def __init__(self, chains: Sequence[Array]) -> None:
        self.chains = chains
        self.position = 0
        self.lanes: Lanes | None = None

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
