"""Trials on a cluster of Dask: tasks with all that they need, by content. A training is a task of its own, on which the trials that share it depend.

Optuna stays where the study was begun; workers need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any, cast

from snnc.environment.libraries import own_versions
from snnc.environment.own_files import OWN_FILES
from snnc.program.program import Program
from snnc.seeds.cluster import alone, as_it_is, connected, differences
from snnc.seeds.jobs import Task
from snnc.seeds.parcel import DATA, Contents, data_of, located, write
from snnc.study.crew import Crew
from snnc.study.measured import Measured
from snnc.study.trial import Training, Trial, Unmeasured
from snnc.training.paths import Paths


@contextmanager
def on_cluster(address: str, program: Program, tell: Callable[[str], None]) -> Iterator[Crew]:
    """Yield the workers of a cluster as a crew for trials of a program. However this ends, no trial goes on."""
    with connected(address, tell) as client:
        crew = _OnCluster(client, program)
        try:
            yield crew
        finally:
            crew.give_up()


class _OnCluster:
    def __init__(self, client: Any, program: Program) -> None:
        self._client, self._here = client, own_versions()
        # As a task: if the worker that holds it is lost, the scheduler still has it.
        self._data = self._submit(as_it_is, data_of(program))
        #: Files of trained weights, by the folder that they belong to.
        self._weights: dict[Path, Any] = {}
        #: Folders of weights that are trained there, and aren't here yet.
        self._awaited: set[Path] = set()
        self._trials: dict[int, Any] = {}
        self._ended: SimpleQueue[tuple[Trial, Any]] = SimpleQueue()

    def room(self) -> int:
        """As many as the workers have threads; one, that waits for a worker, where there is none yet."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def begin(self, task: Trial) -> None:
        folder = task.kept.folder
        if folder not in self._weights:
            files = _files(task)
            if task.kept.is_trained:
                self._weights[folder] = self._submit(as_it_is, files)
            else:
                self._weights[folder] = self._submit(_trained, task, files, self._data, self._here)
                self._awaited.add(folder)
        future = self._submit(_measured, task, self._weights[folder], self._data, self._here)
        self._trials[task.number] = future
        future.add_done_callback(lambda done: self._ended.put((task, done)))

    def ended(self, seconds: float) -> Iterator[tuple[int, Measured | Unmeasured]]:
        try:
            task, done = self._ended.get(timeout=seconds)
        except Empty:
            return
        outcome = done.result()
        folder = task.kept.folder
        if folder in self._awaited:
            weights = self._weights[folder].result()
            if not isinstance(weights, Unmeasured):
                write(weights, task.weights.of_spec)
            self._awaited.discard(folder)
        del self._trials[task.number]
        yield task.number, outcome

    def give_up(self) -> None:
        futures = [*self._trials.values(), *self._weights.values(), self._data]
        self._client.cancel(futures, force=True)

    def _submit(self, function: Callable[..., Any], *values: Any) -> Any:
        return self._client.submit(function, *values, pure=False)


def _files(task: Trial) -> Contents:
    """Return what there is of a trial's weights: trained ones, a training that was stopped, and what it starts from."""
    folders = [task.kept.folder, *([task.weights.of_spec] if task.program.starts_imported else [])]
    names = [path.name for path in vars(Paths.of(task.program, task.kept.folder)).values()]
    return _contents((folder / name for folder in folders for name in names), task.weights.of_spec)


def _contents(paths: Iterator[Path], folder: Path) -> Contents:
    there = (path for path in paths if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in there}


def _trained(
    task: Trial, files: Contents, data: Contents, versions_there: dict[str, str]
) -> Contents | Unmeasured:
    """Train on a worker, in a folder that is gone afterwards; return the files that trials need."""
    with _unpacked(task, files, data, versions_there) as (moved, folder):
        outcome = _done(Training(moved), folder, task)
        if outcome is not None:
            return cast(Unmeasured, outcome)
        own = (path for path in folder.rglob("*") if path.name.endswith(OWN_FILES))
        return _contents(own, folder)


def _measured(
    task: Trial, weights: Contents | Unmeasured, data: Contents, versions_there: dict[str, str]
) -> Measured | Unmeasured:
    """Run a trial on a worker, in a folder that is gone afterwards."""
    if isinstance(weights, Unmeasured):
        return weights
    with _unpacked(task, weights, data, versions_there) as (moved, folder):
        return cast(Measured | Unmeasured, _done(moved, folder, task))


@contextmanager
def _unpacked(
    task: Trial, files: Contents, data: Contents, versions_there: dict[str, str]
) -> Iterator[tuple[Trial, Path]]:
    """Yield a trial that finds its files in a folder of its own. Raises a Refusal if this worker has other versions."""
    if error := differences(versions_there):
        raise error
    with TemporaryDirectory(prefix="snnc.") as name:
        folder = Path(name)
        write(files, folder)
        write(data, folder / DATA)
        yield task.moved(located(task.program, data, folder), folder), folder


def _done(task: Task, folder: Path, sent: Trial) -> Any:
    """Return what becomes of a task, with the names of files as they are where it comes from."""
    outcome = alone(task)
    if isinstance(outcome, Unmeasured):
        here = sent.weights.of_spec.as_posix()
        return Unmeasured(outcome.report.replace(folder.as_posix(), here))
    return outcome
