"""Run a trained network as spikes."""

from __future__ import annotations

import argparse
import gc
import json
import sys

from snnc.commands.common import checked_spec, output_folder
from snnc.engine import libraries, places


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments.spec, arguments.data).program
    on = places.chosen(program, arguments.on)
    gc.enable()  # from here on there is garbage
    with libraries.loaded():
        from snnc.engine import plots, session, storage
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
        done = []
        try:
            for row in session.rows(trained, on, arguments.items, Terminal(), pictures):
                done.append(row)
            if pictures:
                written = (plots.path_of(pictures, program, place).as_posix() for place in on)
                print(f"wrote {', '.join(written)}", file=sys.stderr)
        finally:
            # A place that refuses the network, or an interrupt, takes nothing from those before.
            if done:
                results = session.results_of(trained, done)
                print(json.dumps(results.to_dict()) if arguments.json else results)
    results.refuse_silence()
    return 0
