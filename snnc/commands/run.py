"""Run a trained network as spikes."""

from __future__ import annotations

import argparse
import gc
import json
import sys

from snnc.commands.common import checked_spec, output_folder
from snnc.diagnostics import UsageError
from snnc.engine import libraries, places
from snnc.words import counted


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments.spec, arguments.data).program
    on = places.chosen(program, arguments.on)
    if arguments.verify and "emulator" not in on:
        raise UsageError("--verify is about what runs on the emulator: add --on emulator")
    gc.enable()  # from here on there is garbage
    with libraries.loaded(places.packages(on)):
        from snnc.engine import plots, running, storage
        from snnc.engine.progress import Terminal

        places.ensure_reachable(program, on)
        folder = output_folder(arguments)
        pictures = folder if arguments.plot else None
        if pictures:
            plots.ensure_writable(pictures, program, on)
        trained = storage.load(program, folder)
        if otherwise := storage.trained_otherwise(trained, program):
            told = "snnc: the parameters were trained otherwise than the spec says now"
            print("\n  ".join([told, *otherwise]), file=sys.stderr)
        if arguments.verify:
            from snnc.engine.emulated import verify

            verify(trained.program, trained.x_test[: arguments.verify])
            told = f"the first {counted(arguments.verify, 'item')} on the emulator: as on nengo_loihi, bit for bit"
            print(f"snnc: {told}", file=sys.stderr)
        done = []
        try:
            for row in running.rows(trained, on, arguments.items, Terminal(), pictures):
                done.append(row)
            if pictures:
                written = (plots.path_of(pictures, program, place).as_posix() for place in on)
                print(f"wrote {', '.join(written)}", file=sys.stderr)
        finally:
            # A place that refuses the network, or an interrupt, takes nothing from those before.
            if done:
                results = running.results_of(trained, done)
                print(json.dumps(results.to_dict()) if arguments.json else results)
    results.refuse_silence()
    return 0
