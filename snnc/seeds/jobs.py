"""What is done for one seed, or for any other variant of a program: values in and values out, in whichever process.

Jobs and outcomes are pickled, so that they go to other processes and come back. Whoever carries a job out imports TensorFlow or
Nengo for it; whoever makes one needs neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.environment.files import claimed
from snnc.environment.libraries import PACKAGES
from snnc.program.program import Program
from snnc.running import simulators
from snnc.running.simulators import SimulatorName

if TYPE_CHECKING:
    from snnc.data.prepare import Data
    from snnc.running.results import Results
    from snnc.training.params_file import Trained
    from snnc.training.progress import Watcher


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a job came to: the rows of its test items, what there is to warn of, and what else there is to say."""

    results: Results
    warnings: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def seed(self) -> int:
        return self.results.program.network.seed


class Task(Protocol):
    """What a process may be asked to do for a program."""

    @property
    def program(self) -> Program: ...

    @property
    def title(self) -> str:
        """What it is called in progress and errors."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that are imported before it is done."""

    def outcome(self, watcher: Watcher) -> Any:
        """Do it. Raises an Error that names what is wrong with the spec, its data or its files."""


class OfSeed:
    """A task that is called by its seed."""

    program: Program

    @property
    def title(self) -> str:
        return f"seed {self.program.network.seed}"


class Job(Task, Protocol):
    """A task whose files are in a folder."""

    @property
    def folder(self) -> Path: ...

    @property
    def own_data(self) -> Path | None:
        """A file with items in the place of the spec's."""

    def outcome(self, watcher: Watcher) -> Outcome: ...


@dataclass(frozen=True, eq=False)
class Train(OfSeed):
    """A training, which goes on where one like it has stopped, and does nothing that is done already.

    `start` names the network whose imported weights it starts from, if it starts from any. It is tested on the first `items` test
    items, all for None. `longer` says how a number of epochs is given.
    """

    program: Program
    folder: Path
    baseline: bool
    start: str
    items: int | None
    longer: str

    @property
    def packages(self) -> tuple[str, ...]:
        return PACKAGES

    @property
    def own_data(self) -> None:
        return None

    def outcome(self, watcher: Watcher) -> Outcome:
        from snnc import session
        from snnc.data import prepare
        from snnc.data.report import data_warnings
        from snnc.seeds.resuming import bring_start, can_resume
        from snnc.training.beginning import beginning
        from snnc.training.params_file import is_complete
        from snnc.training.paths import Paths

        program, items = self.program, prepare.load(self.program)
        paths = Paths.of(program, self.folder)
        with claimed(paths.params) as alone:
            if not alone:
                watcher.tell("another training is writing the same files at this moment")
            if program.starts_imported:
                bring_start(program, self.folder, self.start)
            done = is_complete(paths.params, program, items)
            at_start = () if done else session.before_training(program, items)
            resume = can_resume(paths, program, items, beginning(program, self.folder))
            training = session.train(
                program, items, watcher, self.folder, self.baseline, resume, self.items, self.longer
            )
        warnings = (*data_warnings(program, items), *at_start, *training.warnings)
        return Outcome(replace(training.results, program=program), warnings)


@dataclass(frozen=True, eq=False)
class Run(OfSeed):
    """A run of what was trained, in some simulators, on the first `items` test items, or all; with a file, on the items in it."""

    program: Program
    folder: Path
    on: tuple[SimulatorName, ...]
    items: int | None
    data: Path | None

    @property
    def packages(self) -> tuple[str, ...]:
        return simulators.packages(self.on)

    @property
    def own_data(self) -> Path | None:
        return self.data

    def outcome(self, watcher: Watcher) -> Outcome:
        from snnc.running import measured, run
        from snnc.training import params_file
        from snnc.training.paths import Paths

        trained, data = self._load()
        program = trained.program
        results = run.run(trained, self.on, self.items, watcher)
        warnings: tuple[Diagnostic, ...] = ()
        if data:
            params_file.keep_items(Paths.of(program, self.folder), trained, data)
            again = measured.measured_again(trained, program, data)
            warnings = measured.rate_warnings(program, again)
        notes = params_file.trained_otherwise(trained, program)
        return Outcome(replace(results, program=self.program), warnings, tuple(notes))

    def _load(self) -> tuple[Trained, Data | None]:
        from snnc.training import params_file

        if self.data is None:
            return params_file.load_with_data(self.program, self.folder)
        trained = params_file.load_for(self.program, self.folder, self.data)
        if trained:
            return trained, None
        return params_file.load_with_data(replace(self.program, data_file=self.data), self.folder)
