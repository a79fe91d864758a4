"""Carry out jobs on a cluster of Dask: tasks with all that they need, each in a process of its own on whichever worker takes it.

Dask hands the tasks of a worker that is lost to another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from snnc.diagnostics.errors import Error, Refusal, UsageError
from snnc.environment.libraries import own_versions
from snnc.environment.versions import installed
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.run import Answering
from snnc.running.simulators import SimulatorName
from snnc.seeds.jobs import Job, Outcome, Task
from snnc.seeds.parcel import Contents, Parcel, changed, data_of, write
from snnc.seeds.parts import Part, joined, parts
from snnc.seeds.processes import Worker

#: How long a scheduler has to answer, in seconds.
PATIENCE = 10
#: How often a task asks whether it was given up, in seconds.
PAUSE = 1.0


@dataclass(frozen=True, eq=False)
class Delivered:
    """What became of a job elsewhere: its outcome or its error, and the files that it wrote."""

    outcome: Outcome | Error
    files: Contents


def carried_out(
    jobs: Sequence[Job], address: str, tell: Callable[[str], None]
) -> Iterator[Outcome]:
    """Yield what becomes of each job as soon as it is done, once its files are in its folder. Raises the Error of the first that fails."""
    with connected(address, tell) as client:
        # As a task: if the worker that holds it is lost, the scheduler still has it.
        data = client.submit(as_it_is, data_of(jobs[0].program, jobs[0].own_data), pure=False)
        with _submitted(client, _deliver, [Parcel.of(job) for job in jobs], data) as done:
            for index, delivered in done:
                write(delivered.files, jobs[index].folder)
                if isinstance(delivered.outcome, Error):
                    raise delivered.outcome
                results = replace(delivered.outcome.results, program=jobs[index].program)
                yield replace(delivered.outcome, results=results)


def answering(client: Any) -> Answering:
    """Return what answers items on a cluster, in parts."""

    def answers(
        program: Program, x: Any, on: SimulatorName, count: Callable[[int], None], _recorded: int
    ) -> Answers:
        cut = parts(program, x, on)
        answered = {}
        with _submitted(client, _answer, cut) as done:
            for index, answer in done:
                if isinstance(answer, Error):
                    raise answer
                answered[index] = answer
                count(len(cut[index].x))
        return joined([answered[index] for index in range(len(cut))])

    return answers


@contextmanager
def _submitted(
    client: Any, function: Callable[..., Any], values: Sequence[Any], *others: Any
) -> Iterator[Iterator[tuple[int, Any]]]:
    """Yield, as they are done, the places of values and what a function makes of them; on leaving, give up on the rest."""
    from distributed import as_completed

    here = own_versions()
    futures = [client.submit(function, value, *others, here, pure=False) for value in values]
    places = {future.key: index for index, future in enumerate(futures)}
    try:
        ended = as_completed(futures, loop=client.loop)
        yield ((places[future.key], future.result()) for future in ended)
    finally:
        client.cancel(futures, force=True)


@contextmanager
def connected(address: str, tell: Callable[[str], None]) -> Iterator[Any]:
    """Yield the client of a cluster. Raises a UsageError if there is none."""
    if installed("distributed") is None:
        raise UsageError("--on-cluster takes Dask's distributed: pip install 'snnc[cluster]'")
    from distributed import Client
    from distributed.scheduler import KilledWorker

    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"no scheduler of Dask answers at {address}: start one with dask scheduler, and give the address that it prints"
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            tell(f"{address} has no workers yet; this waits for them: dask worker {address}")
        try:
            yield client
        except KilledWorker as error:
            raise Refusal(
                f"the cluster gave up: several workers were killed at the same task, the last at {error.last_worker.address}; "
                "if memory ran out, give workers more, or fewer threads: dask worker --nthreads 1"
            ) from error
        except ImportError as error:
            raise UsageError(
                f"workers of {address} can't import {error.name}: they need the same snnc and libraries as this machine"
            ) from error


def as_it_is(contents: Contents) -> Contents:
    return contents


def _deliver(parcel: Parcel, data: Contents, versions_there: dict[str, str]) -> Delivered:
    """Carry out a job on a worker, in a folder and a process that are gone afterwards."""
    if error := differences(versions_there):
        return Delivered(error, {})
    with TemporaryDirectory(prefix="snnc.") as name:
        folder = Path(name)
        try:
            job = parcel.unpacked(data, folder)
            outcome: Outcome | Error = alone(job)
        except Error as error:
            outcome = _told_here(error, folder, parcel.job.folder)
        return Delivered(outcome, changed(parcel.files, folder))


def _answer(part: Part, versions_there: dict[str, str]) -> Answers | Error:
    """Return what a worker answers to some items."""
    try:
        return differences(versions_there) or cast(Answers, alone(part))
    except Error as error:
        return error


def alone(task: Task) -> Any:
    """Return what becomes of a task in a process of its own, which ends if it is given up."""
    from distributed import get_worker

    here = get_worker()
    known, key = here.state.tasks, here.get_current_task()
    with Worker() as worker:
        worker.begin(task, quiet=True)
        while not worker.connection.poll(PAUSE):
            if key not in known or known[key].state == "cancelled":
                raise Refusal("given up")
        return worker.outcome()


def _told_here(error: Error, there: Path, here: Path) -> Error:
    """Return an error with the names of files as they are where the job comes from."""
    if type(error) not in (Refusal, UsageError):
        return error
    return type(error)(str(error).replace(there.as_posix(), here.as_posix()))


def differences(there: dict[str, str]) -> Refusal | None:
    """Return why results wouldn't be the same bit for bit as where the task comes from, if they wouldn't."""
    here = own_versions()
    different = [
        f"{name} {here.get(name, 'missing')} there, {version} here"
        for name, version in there.items()
        if here.get(name) != version
    ]
    if not different:
        return None
    return Refusal(
        "a worker of the cluster has other versions, so that its results would be others:\n  "
        + "\n  ".join(different)
    )
