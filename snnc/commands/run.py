"""Run a trained network as spikes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snnc.commands.common import (
    checked_spec,
    output_folder,
    refuse_alone,
    say_result,
    say_written,
    warn,
)
from snnc.commands.exit_codes import note
from snnc.commands.tracking import log, tracker_of
from snnc.commands.waiting import ready
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.wording import counted
from snnc.environment.libraries import WITHOUT_TENSORFLOW
from snnc.pipeline import checked
from snnc.program.program import Program
from snnc.running import simulators
from snnc.running.simulators import SimulatorName

if TYPE_CHECKING:
    from pathlib import Path

    from snnc.data.prepare import Data
    from snnc.running.run import Answering
    from snnc.training.params_file import Trained


def run(arguments: argparse.Namespace) -> int:
    if arguments.seeds:
        from snnc.commands import seeds

        return seeds.run(arguments)
    refuse_alone(arguments)
    spec = checked(arguments.spec) if arguments.data else checked_spec(arguments.spec)
    program = spec.program
    on = _simulators(arguments, program)
    tracker = tracker_of(arguments, program)
    with ready(arguments, _packages(arguments, on)) as watcher:
        from snnc.running import measured, plots, run
        from snnc.training import params_file
        from snnc.training.paths import Paths

        simulators.ensure_reachable(program, on)
        folder = output_folder(arguments)
        figures = folder if arguments.plot else None
        if figures:
            plots.ensure_writable(figures, program, on)
        trained, data = _load(arguments, program, folder)
        program = trained.program
        kept = params_file.keep_items(Paths.of(program, folder), trained, data) if data else []
        say_written(kept, arguments.quiet)
        _print_differences(params_file.trained_otherwise(trained, program))
        if arguments.verify:
            _verify(trained, arguments.verify)
        done = []
        try:
            with _answering(arguments) as answering:
                for row in run.rows(trained, on, arguments.items, watcher, figures, answering):
                    done.append(row)
            if figures:
                drawn = (plots.path_of(figures, program, simulator) for simulator in on)
                say_written(drawn, arguments.quiet)
        finally:
            # A place that refuses the network, or an interrupt, takes nothing from those before.
            if done:
                results = run.results_of(trained, done)
                say_result(results, arguments.json)
        found = (
            measured.rate_warnings(program, measured.measured_again(trained, program, data))
            if data
            else []
        )
    warn(spec.document, without_allowed(found, spec.allowed))
    if tracker:
        log(tracker, "run", spec.document, results, folder)
    results.refuse_silence()
    return 0


def _packages(arguments: argparse.Namespace, on: Sequence[SimulatorName]) -> tuple[str, ...]:
    """Return the packages to import for some simulators; of those on a cluster, its workers import theirs."""
    if not arguments.on_cluster:
        return simulators.packages(on)
    if arguments.plot:
        raise UsageError("--plot doesn't go with --on-cluster: what it draws is recorded here")
    return WITHOUT_TENSORFLOW


@contextmanager
def _answering(arguments: argparse.Namespace) -> Iterator[Answering | None]:
    """Yield what answers items on a cluster; None if this process is to."""
    if not arguments.on_cluster:
        yield None
        return
    from snnc.seeds import cluster

    with cluster.connected(arguments.on_cluster, note) as client:
        yield cluster.answering(client)


def _load(
    arguments: argparse.Namespace, program: Program, folder: Path
) -> tuple[Trained, Data | None]:
    """Return what was trained, and on which data; none if a file has other items to test on."""
    from snnc.training import params_file

    if arguments.data:
        trained = params_file.load_for(program, folder, arguments.data)
        if trained:
            return trained, None
        program = checked_spec(arguments.spec, arguments.data).program
    trained, data = params_file.load_with_data(program, folder)
    if data.left_out:
        note(data.left_out)
    return trained, data


def _simulators(arguments: argparse.Namespace, program: Program) -> list[SimulatorName]:
    on = simulators.chosen(program, arguments.on)
    if arguments.verify and "emulator" not in on:
        raise UsageError("--verify is about what runs on the emulator: add --on emulator")
    return on


def _print_differences(differences: list[str]) -> None:
    if differences:
        line = "snnc: the parameters were trained otherwise than the spec says now"
        print("\n  ".join([line, *differences]), file=sys.stderr)


def _verify(trained: Trained, n_items: int) -> None:
    """Compare the emulator with NengoLoihi. Raises a Refusal at a difference."""
    from snnc.running.emulated import verify

    verify(trained.program, trained.x_test[:n_items])
    items = counted(n_items, "item")
    line = f"snnc: the first {items} on the emulator: as on nengo_loihi, bit for bit"
    print(line, file=sys.stderr)
