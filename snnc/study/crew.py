"""Who carries out several trials at a time: processes on this machine. A cluster does the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection, wait
from typing import Protocol, cast

from snnc.seeds.processes import Worker
from snnc.study.measured import Measured
from snnc.study.trial import Trial, Unmeasured


class Crew(Protocol):
    """Carries out trials."""

    def room(self) -> int:
        """Return how many trials may go on at a time."""

    def begin(self, task: Trial) -> None:
        """Begin a trial."""

    def ended(self, seconds: float) -> Iterator[tuple[int, Measured | Unmeasured]]:
        """Yield the number of each trial that has ended, and what it came to; wait for the first so long. Raises the Error of one that failed."""


@contextmanager
def processes(n: int, quiet: bool) -> Iterator[Crew]:
    """Yield a crew of n processes. However this ends, none is left."""
    with ExitStack() as stack:
        yield _Processes(n, quiet, stack)


class _Processes:
    def __init__(self, n: int, quiet: bool, stack: ExitStack) -> None:
        self._n, self._quiet, self._stack = n, quiet, stack
        self._free: list[Worker] = []
        self._busy: dict[Connection, tuple[int, Worker]] = {}

    def room(self) -> int:
        return self._n

    def begin(self, task: Trial) -> None:
        worker = self._free.pop() if self._free else self._stack.enter_context(Worker(self._n))
        self._busy[worker.connection] = (task.number, worker)
        worker.begin(task, self._quiet)

    def ended(self, seconds: float) -> Iterator[tuple[int, Measured | Unmeasured]]:
        for ready in wait(list(self._busy), seconds):
            number, worker = self._busy.pop(cast(Connection, ready))
            yield number, worker.outcome()
            self._free.append(worker)
