"""Many items on all cores: groups of chains go on side by side, each group in a thread."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.asked import Asked
from snnc.emulator.memory import Copies
from snnc.emulator.runs import Called, Check
from snnc.emulator.slots import Items, Slot, beginning
from snnc.emulator.slots import slot as slot_of

Array = NDArray[Any]

#: The bytes of state that a group has: with fewer items, calling the steps takes longer than the steps themselves.
STATE = 1 << 21
#: The bytes of probes' values that a group yields at a time.
RECORDED = 1 << 26
#: More items side by side gain nothing.
MOST_ITEMS = 512
#: How long a run that ends early waits for its threads, in seconds: a function of a node may keep one.
PATIENCE = 1.0


Shown_co = TypeVar("Shown_co", covariant=True)


class Networks(Protocol[Shown_co]):
    """A network for some items side by side, each with a state of its own."""

    def clear(self, called: Sequence[Called] | None) -> None: ...

    def show(self, slot: Slot, busy: int | None = None) -> Shown_co: ...


class Plans(Protocol[Shown_co]):
    """A network that is planned for a run, and how much memory an item takes."""

    @property
    def bytes_of_item(self) -> int: ...

    @property
    def bytes_recorded(self) -> int: ...

    def networks(self, n_items: int, check: Check) -> Networks[Shown_co]: ...


def computed(
    plans: Plans[Shown_co], asked: Asked, copies: Copies | None
) -> Iterator[tuple[Array, Shown_co]]:
    """Yield the numbers of items that were shown side by side, and the results.

    The longest chains come first. Each has a copy of its own of what is in `copies`. A single chain runs in the caller's thread,
    as a simulator would.
    """
    cores, chains = _cores(), asked.queues
    steps, gap, latency = asked.steps, asked.gap, asked.latency
    n_together = _group_size(plans, len(chains), len(cores), steps + gap)
    groups: Iterator[_Group[Shown_co]] = (
        _Group(chains[first : first + n_together]) for first in range(0, len(chains), n_together)
    )
    #: The networks of groups that are done, for the next ones.
    idle: list[Networks[Shown_co]] = []
    is_over = Event()

    def check() -> None:
        if is_over.is_set():
            raise _OverError

    def items_of(numbers: Array) -> Items:
        everyone = np.resize(numbers, n_together)
        return {node: values[everyone] for node, values in asked.items.items()}

    def show(group: _Group[Shown_co]) -> tuple[Array, Shown_co]:
        if group.networks is None:
            group.networks = idle.pop() if idle else plans.networks(n_together, check)
            called = [{} if copies is None else copies.copy() for _ in range(n_together)]
            group.networks.clear(called)
        numbers = group.numbers
        if latency and not group.position:
            group.networks.show(Slot([beginning(items_of(numbers), latency)]), len(numbers))
        following = items_of(group.following) if latency else {}
        slot = slot_of(items_of(numbers), following, steps, gap, latency)
        results = group.networks.show(slot, len(numbers))
        group.position += 1
        if group.is_done:
            idle.append(group.networks)
        return numbers, results

    if len(chains) == 1:
        (group,) = groups
        while not group.is_done:
            yield show(group)
    else:
        yield from _in_threads(show, groups, cores, is_over)


def _group_size(plans: Plans[Any], n_chains: int, n_cores: int, steps: int) -> int:
    """Return how many chains go on side by side: as the bounds allow, evened out so that all cores get the same number of groups."""
    recorded = steps * max(plans.bytes_recorded, 1)
    most = max(min(STATE // plans.bytes_of_item, RECORDED // recorded, MOST_ITEMS), 1)
    n_groups = n_cores * math.ceil(n_chains / n_cores / most)
    return math.ceil(n_chains / n_groups)


class _OverError(Exception):
    """The run has ended: nobody waits for the results any more."""


class _Group(Generic[Shown_co]):
    """Chains side by side, how far they are, and the networks that run them."""

    def __init__(self, chains: Sequence[Array]) -> None:
        self.chains = chains
        self.position = 0
        self.networks: Networks[Shown_co] | None = None

    @property
    def numbers(self) -> Array:
        """The items that are next: the longest chains are the first."""
        return self._ahead(0)

    @property
    def following(self) -> Array:
        """The items that follow those: after the last of a chain its first, as with nengo.processes.PresentInput."""
        return self._ahead(1)

    @property
    def is_done(self) -> bool:
        return self.position == len(self.chains[0])

    def _ahead(self, n: int) -> Array:
        """Return the items that come after `n` others, of chains that aren't done."""
        going = (chain for chain in self.chains if self.position < len(chain))
        return np.array([chain[(self.position + n) % len(chain)] for chain in going])


#: Shows a group its next items.
_Show = Callable[[_Group[Shown_co]], tuple[Array, Shown_co]]


def _in_threads(
    show: _Show[Shown_co], groups: Iterator[_Group[Shown_co]], cores: Sequence[int], is_over: Event
) -> Iterator[tuple[Array, Shown_co]]:
    """Show all items of groups, with a thread on each core, and yield the results as they come.

    When a function of a node raises something, or the caller is interrupted, the threads end at their next check.
    """
    waiting: SimpleQueue[_Group[Shown_co] | None] = SimpleQueue()
    done: SimpleQueue[tuple[_Group[Shown_co], tuple[Array, Shown_co] | BaseException]] = (
        SimpleQueue()
    )
    settings = np.geterr()
    threads = [
        Thread(target=_work, args=(show, waiting, done, core, settings), daemon=True)
        for core in cores
    ]
    try:
        for thread in threads:
            thread.start()
        running = 0
        # One more than there are threads, so that none has to wait for the next.
        for group in islice(groups, len(cores) + 1):
            waiting.put(group)
            running += 1
        while running:
            group, outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            following = next(groups, None) if group.is_done else group
            if following is None:
                running -= 1
            else:
                waiting.put(following)
            yield outcome
    finally:
        is_over.set()
        _end(threads, waiting)


def _work(
    show: _Show[Shown_co],
    waiting: SimpleQueue[_Group[Shown_co] | None],
    done: SimpleQueue[tuple[_Group[Shown_co], tuple[Array, Shown_co] | BaseException]],
    core: int,
    settings: Mapping[str, Any],
) -> None:
    """Show groups their next items until there are no more. Floating point errors are what they are in the caller's thread."""
    _settle(core)
    with np.errstate(**settings):
        while (group := waiting.get()) is not None:
            try:
                done.put((group, show(group)))
            except BaseException as error:
                done.put((group, error))


def _end(threads: Sequence[Thread], waiting: SimpleQueue[Any]) -> None:
    """Wait for threads, unless one doesn't come back: another interrupt ends the wait at once."""
    until = monotonic() + PATIENCE
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join(max(until - monotonic(), 0.0))


def _cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def _settle(core: int) -> None:
    """Keep this thread on a core of its own: Linux may let all of them begin on one, and take a tenth of a second to notice."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {core})
