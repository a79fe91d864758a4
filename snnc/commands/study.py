"""Search the keys that a spec says vary, by trials on items that are set aside."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.commands.common import (
    checked_spec,
    output_folder,
    refuse_both,
    say_result,
    say_written,
)
from snnc.commands.exit_codes import note
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.environment import libraries
from snnc.spec.validate import validate

if TYPE_CHECKING:
    import optuna

    from snnc.study.crew import Crew
    from snnc.study.found import Found
    from snnc.study.search import Search


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
    refuse_both(arguments)
    settings = validate(spec.document).study
    if settings is None:
        raise Refusal(
            f"{spec.document.path.as_posix()} has no [study]: write one, and what varies below [study.vary], as "
            '"neurons.max_rate" = [100, 200, 400]; snnc explain study says more'
        )
    folder = output_folder(arguments)
    with _optuna(), ready(arguments, libraries.WITHOUT_TENSORFLOW) as watcher:
        from snnc.study import storage
        from snnc.study.search import Search
        from snnc.study.several import Several

        journal = folder / f"{spec.program.name}.study.journal"
        search = Search.of(spec, settings, folder, watcher)
        with storage.opened(journal, arguments.storage) as opened:
            study = search.study(opened)
            until = None if arguments.timeout is None else time.monotonic() + arguments.timeout
            most = search.most(arguments.trials)
            with _crew(arguments, search) as crew:
                if crew:
                    Several(search, study, crew, most).run(until)
                else:
                    search.run(study, most, until)
            where = storage.shown(journal, arguments.storage)
            found = search.found(study, arguments.tolerance / 100, where)
            if arguments.plot:
                say_written(_drawn(study, search, folder), arguments.quiet)
        say_result(found, arguments.json)
        if arguments.apply is not None:
            _apply(arguments, search, found, folder)
    return 0


@contextmanager
def _crew(arguments: argparse.Namespace, search: Search) -> Iterator[Crew | None]:
    """Yield who carries out several trials at a time; None if this process is to, one after the other."""
    if not (arguments.on_cluster or arguments.jobs):
        yield None
        return
    if search.settings.pruner != "none":
        raise UsageError(
            f'pruner = "{search.settings.pruner}" judges trainings while they go on in this process: leave --jobs and --on-cluster out, '
            "and begin the same command several times; or leave pruner out"
        )
    if arguments.on_cluster:
        from snnc.study.cluster import on_cluster

        with on_cluster(arguments.on_cluster, search.spec.program, note) as crew:
            yield crew
    else:
        from snnc.study.crew import processes

        with processes(arguments.jobs, arguments.quiet) as crew:
            yield crew


def _apply(arguments: argparse.Namespace, search: Search, found: Found, folder: Path) -> None:
    from snnc.study import writing

    trial = found.named(None if arguments.apply is True else arguments.apply)
    written = writing.write(search, writing.applied(search, found, trial), folder, arguments.force)
    said = sys.stderr if arguments.json else sys.stdout
    print(f"wrote {', '.join(path.as_posix() for path in written)}", file=said)


def _drawn(study: optuna.Study, search: Search, folder: Path) -> list[Path]:
    from snnc.running.plots import ensure_files
    from snnc.study import plots

    name, objectives = search.spec.program.name, search.settings.objectives
    ensure_files(plots.files(folder, name, objectives))
    return plots.draw(study, folder, name, objectives)


@contextmanager
def _optuna() -> Iterator[None]:
    """Import Optuna, and keep what it logs and warns of to itself."""
    import warnings

    try:
        import optuna
    except ImportError as error:
        raise UsageError(
            f"a study needs Optuna ({error}): pip install 'snnc[study]' installs it"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"optuna\.")
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        yield
