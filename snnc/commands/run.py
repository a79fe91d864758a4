"""Run a trained network as spikes."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec, output_folder
from snnc.diagnostics import UsageError
from snnc.engine import libraries


def run(arguments: argparse.Namespace) -> int:
    program = checked_spec(arguments).program
    places = arguments.on or ["nengo_dl", *(["nengo_loihi"] if program.on_loihi else [])]
    if "nengo_loihi" in places and not program.on_loihi:
        raise UsageError('--on nengo_loihi is for specs with "loihi" among their targets')
    libraries.load()
    if "nengo_loihi" in places and program.loihi.target == "loihi":
        libraries.ensure_chip()
    from snnc.engine import data, session, storage
    from snnc.engine.progress import Terminal

    trained = storage.load(program, output_folder(arguments), data.load(program))
    results = session.run(trained, list(dict.fromkeys(places)), arguments.items, Terminal())
    print(results)
    results.refuse_silence()
    return 0
