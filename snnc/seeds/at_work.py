"""A process that carries out jobs, one after another, for the process that started it; it ends with that one."""

from __future__ import annotations

import os
import sys
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from snnc.diagnostics.errors import Error, Refusal

if TYPE_CHECKING:
    from snnc.seeds.jobs import Task


class Failed(Exception):
    """What a job raised that no user can do anything about, with the lines that lead there."""


def work(descriptor: int) -> None:
    """Carry out what comes through a connection, and send back what becomes of it: an outcome, or what was raised."""
    connection = Connection(descriptor)
    jobs: SimpleQueue[tuple[Task, bool]] = SimpleQueue()
    Thread(target=_listen, args=(connection, jobs), daemon=True).start()
    while True:
        job, quiet = jobs.get()
        connection.send(_done(job, quiet))


def _listen(connection: Connection, jobs: SimpleQueue[tuple[Task, bool]]) -> None:
    """Take jobs, and end the process when whoever sends them is gone, however that ended."""
    try:
        while True:
            jobs.put(connection.recv())
    except (EOFError, OSError):
        os._exit(1)


def _done(job: Task, quiet: bool) -> Any:
    from snnc.environment import libraries
    from snnc.seeds.watching import Titled
    from snnc.training.progress import Lines, Nobody

    watcher = Nobody() if quiet else Titled(Lines(sys.stderr), job.title)
    try:
        with libraries.loaded(job.packages):
            return job.outcome(watcher)
    except Refusal as error:
        # Those of single rooms say the same in words.
        return Refusal(str(error))
    except Error as error:
        return error
    except Exception:
        return Failed(traceback.format_exc())
