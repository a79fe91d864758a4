"""Train and run several seeds of a spec, for `train --seeds` and `run --seeds`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.commands.common import output_folder, refuse_both, say_result, warn
from snnc.commands.exit_codes import note
from snnc.commands.tracking import log_seeds, tracker_of
from snnc.commands.waiting import ready
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.diagnostics.wording import counted
from snnc.environment.libraries import WITHOUT_TENSORFLOW
from snnc.pipeline import LONGER, Checked, checked, with_epochs
from snnc.program.program import Program
from snnc.running import simulators
from snnc.seeds.jobs import Job, Outcome, Run, Train
from snnc.seeds.seed import seeds_of, with_seed

if TYPE_CHECKING:
    from snnc.seeds.summary import Summary


def train(arguments: argparse.Namespace) -> int:
    """Train each seed that isn't yet, and print one table."""
    _refuse(arguments, plot="it draws one training")
    spec = with_epochs(checked(arguments.spec, arguments.data), arguments.epochs, "--epochs {}")
    warn(spec.document, spec.warnings)
    longer = "train with --epochs {}" if arguments.epochs else LONGER

    def job(program: Program, folder: Path) -> Job:
        return Train(
            program, folder, arguments.baseline, spec.program.name, arguments.items, longer
        )

    return _each(arguments, spec, job)


def run(arguments: argparse.Namespace) -> int:
    """Run what was trained of each seed, and print one table."""
    _refuse(arguments, plot="it draws one network", verify="it is about one network")
    spec = checked(arguments.spec)
    warn(spec.document, spec.warnings)
    on = tuple(simulators.chosen(spec.program, arguments.on))
    simulators.ensure_reachable(spec.program, on)

    def job(program: Program, folder: Path) -> Job:
        return Run(program, folder, on, arguments.items, arguments.data)

    _ensure_trained(spec.program, output_folder(arguments), arguments)
    return _each(arguments, spec, job)


def _refuse(arguments: argparse.Namespace, **reasons: str) -> None:
    """Raise a UsageError for options that don't go with several seeds, or with each other."""
    refuse_both(arguments)
    for option, reason in reasons.items():
        if getattr(arguments, option):
            raise UsageError(f"--{option} doesn't go with --seeds: {reason}")


def _ensure_trained(program: Program, folder: Path, arguments: argparse.Namespace) -> None:
    """Raise a Refusal that names the seeds which aren't trained yet, and the command that trains them."""
    seeds = seeds_of(program, arguments.seeds)
    missing = [
        seed
        for seed in seeds
        if not (folder / f"{with_seed(program, seed).name}.params.npz").exists()
    ]
    if missing:
        named = counted(len(missing), "seed")
        where = f" -o {arguments.output}" if arguments.output else ""
        raise Refusal(
            f"{named} of {program.name} not trained yet ({', '.join(map(str, missing))}): "
            f"run snnc train --seeds {arguments.seeds} {arguments.spec.as_posix()}{where}"
        )


def _each(arguments: argparse.Namespace, spec: Checked, job: Callable[[Program, Path], Job]) -> int:
    from snnc.seeds.summary import Summary  # it takes NumPy

    folder = output_folder(arguments)
    seeds = seeds_of(spec.program, arguments.seeds)
    tracker = tracker_of(arguments, spec.program)
    jobs = [job(with_seed(spec.program, seed), folder) for seed in seeds]
    # Those at work import what trains.
    with ready(arguments, WITHOUT_TENSORFLOW):
        try:
            outcomes = list(_carried_out(arguments, jobs))
        except KeyboardInterrupt:
            raise KeyboardInterrupt("interrupted; the same command goes on where it was") from None
        outcomes.sort(key=lambda outcome: outcome.seed)
        found = without_allowed(_warnings(outcomes), spec.allowed)
        summary = Summary(spec.program, tuple(outcome.results for outcome in outcomes), found)
        _say(arguments, spec, outcomes, summary)
        if tracker:
            log_seeds(tracker, arguments.command, spec.document, summary, folder)
        _refuse_silence(outcomes)
    return 0


def _carried_out(arguments: argparse.Namespace, jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Yield what becomes of each job, here or on a cluster."""
    if not arguments.on_cluster:
        from snnc.seeds.processes import carried_out

        yield from carried_out(jobs, arguments.jobs or 1, arguments.quiet)
        return
    from snnc.seeds import cluster

    for done, outcome in enumerate(cluster.carried_out(jobs, arguments.on_cluster, note), 1):
        if not arguments.quiet:
            note(f"seed {outcome.seed} is done, {done} of {len(jobs)}")
        yield outcome


def _say(
    arguments: argparse.Namespace, spec: Checked, outcomes: Sequence[Outcome], summary: Summary
) -> None:
    for line in dict.fromkeys(line for outcome in outcomes for line in outcome.notes):
        note(f"the parameters were trained otherwise than the spec says now: {line}")
    say_result(summary, arguments.json)
    warn(spec.document, summary.warnings)


def _refuse_silence(outcomes: Sequence[Outcome]) -> None:
    """Raise a Refusal that names the first seed of which a layer never fired."""
    for outcome in outcomes:
        try:
            outcome.results.refuse_silence()
        except Refusal as refusal:
            raise Refusal(f"seed {outcome.seed}: {refusal}") from refusal


def _warnings(outcomes: Sequence[Outcome]) -> list[Diagnostic]:
    """Return each warning once, in the words of the first seed that has it, with all that have it."""
    found: dict[object, tuple[Diagnostic, list[int]]] = {}
    for outcome in outcomes:
        for code, at, warning in ((w.code, w.at, w) for w in outcome.warnings):
            _, seeds = found.setdefault((code, at), (warning, []))
            if outcome.seed not in seeds:
                seeds.append(outcome.seed)
    return [
        warning
        if len(seeds) == len(outcomes)
        else warning._replace(message=f"{warning.message} (seed {', '.join(map(str, seeds))})")
        for warning, seeds in found.values()
    ]
