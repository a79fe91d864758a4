"""Carry out jobs in processes on this machine. They share nothing, and none outlives the process that started them.

A pool of concurrent.futures can't do that: its processes wait on after their parent was killed, and a worker of Dask, which is a
daemon, may not have any.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from snnc.diagnostics.errors import Error, Refusal, UsageError
from snnc.seeds.at_work import Failed
from snnc.seeds.jobs import Job, Outcome, Task

#: What a process starts with: the folders of modules, and the end of its connection.
BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from snnc.seeds.at_work import work; work(int(sys.argv[2]))"
)


def carried_out(jobs: Sequence[Job], processes: int, quiet: bool) -> Iterator[Outcome]:
    """Yield what becomes of each job as soon as it is done; at most so many go on at a time.

    Raises the Error of the first that fails. However this ends, no process is left.
    """
    waiting = list(reversed(jobs))
    with ExitStack() as stack:
        workers: dict[Connection, Worker] = {}
        for _ in range(min(processes, len(jobs))):
            worker = stack.enter_context(Worker(processes))
            workers[worker.connection] = worker
            worker.begin(waiting.pop(), quiet)
        while workers:
            for ready in wait(list(workers)):
                worker = workers[cast(Connection, ready)]
                yield worker.outcome()
                if waiting:
                    worker.begin(waiting.pop(), quiet)
                else:
                    del workers[worker.connection]
                    worker.end()


class Worker:
    """A process that does a task at a time."""

    def __init__(self, of: int = 1) -> None:
        """Start the process, one of so many at work on this machine."""
        self.connection, theirs = Pipe()
        cores = len(os.sched_getaffinity(0))
        self._process = subprocess.Popen(  # noqa: S603  (this Python)
            [sys.executable, "-c", BEGIN, json.dumps(sys.path), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            # An interrupt is for the process that waits, which ends this one.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            env={"NUMBA_NUM_THREADS": str(max(1, cores // of)), **os.environ},
        )
        theirs.close()
        self._task: Task | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def begin(self, task: Task, quiet: bool) -> None:
        self._task = task
        self.connection.send((task, quiet))

    def outcome(self) -> Any:
        """Wait for the task that was begun. Raises the Error that it ended with, which says of which task it is."""
        assert self._task is not None
        title = self._task.title
        try:
            done = self.connection.recv()
        except (EOFError, OSError) as error:
            raise Refusal(f"{title}: {self._how_it_ended()}") from error
        if isinstance(done, Failed):
            raise done
        if isinstance(done, Error):
            raise _titled(done, title)
        return done

    def end(self) -> None:
        """End the process at once. What it has written is whole."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if code < 0:
            how = f"its process was killed ({signal.Signals(-code).name})"
            return f"{how}: if memory ran out, fewer --jobs at a time need less; the same command goes on where it was"
        return f"its process ended with exit code {code}; the same command goes on where it was"


def _titled(error: Error, title: str) -> Error:
    """Return an error that says of which task it is, unless it is of the spec or the data, which all share."""
    return type(error)(f"{title}: {error}") if type(error) in (Refusal, UsageError) else error
