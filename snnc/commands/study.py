"""Search the keys that a spec says vary, by trials on items that are set aside."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.commands.common import checked_spec, output_folder, say_result, say_written
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.environment import libraries
from snnc.spec.validate import validate

if TYPE_CHECKING:
    import optuna

    from snnc.study.found import Found
    from snnc.study.search import Search


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec, arguments.data)
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

        journal = folder / f"{spec.program.name}.study.journal"
        search = Search.of(spec, settings, folder, watcher)
        with storage.opened(journal, arguments.storage) as opened:
            study = search.study(opened)
            until = None if arguments.timeout is None else time.monotonic() + arguments.timeout
            search.run(study, search.most(arguments.trials), until)
            where = storage.shown(journal, arguments.storage)
            found = search.found(study, arguments.tolerance / 100, where)
            if arguments.plot:
                say_written(_drawn(study, search, folder), arguments.quiet)
        say_result(found, arguments.json)
        if arguments.apply is not None:
            _apply(arguments, search, found, folder)
    return 0


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
