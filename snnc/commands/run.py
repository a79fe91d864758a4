"""Run a trained network as spikes."""

from __future__ import annotations

import argparse
import json
import sys

from snnc.commands.common import checked_spec, output_folder
from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.wording import counted
from snnc.environment import libraries
from snnc.running import simulators


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments.spec, arguments.data).program
    on = simulators.chosen(program, arguments.on)
    if arguments.verify and "emulator" not in on:
        raise UsageError("--verify is about what runs on the emulator: add --on emulator")
    with libraries.loaded(simulators.packages(on)):
        from snnc.running import plots, run
        from snnc.training import params_file
        from snnc.training.progress import Terminal

        simulators.ensure_reachable(program, on)
        folder = output_folder(arguments)
        figures = folder if arguments.plot else None
        if figures:
            plots.ensure_writable(figures, program, on)
        trained = params_file.load(program, folder)
        if otherwise := params_file.trained_otherwise(trained, program):
            told = "snnc: the parameters were trained otherwise than the spec says now"
            print("\n  ".join([told, *otherwise]), file=sys.stderr)
        if arguments.verify:
            from snnc.running.emulated import verify

            verify(trained.program, trained.x_test[: arguments.verify])
            told = f"the first {counted(arguments.verify, 'item')} on the emulator: as on nengo_loihi, bit for bit"
            print(f"snnc: {told}", file=sys.stderr)
        done = []
        try:
            for row in run.rows(trained, on, arguments.items, Terminal(), figures):
                done.append(row)
            if figures:
                written = (plots.path_of(figures, program, place).as_posix() for place in on)
                print(f"wrote {', '.join(written)}", file=sys.stderr)
        finally:
            # A place that refuses the network, or an interrupt, takes nothing from those before.
            if done:
                results = run.results_of(trained, done)
                print(json.dumps(results.to_dict()) if arguments.json else results)
    results.refuse_silence()
    return 0
