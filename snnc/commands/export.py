"""Write a trained network in a form that other frameworks read, and compare what was written with the network."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec, output_folder
from snnc.commands.waiting import ready
from snnc.diagnostics.errors import UsageError, cannot
from snnc.environment import libraries


def run(arguments: argparse.Namespace) -> int:
    spec = checked_spec(arguments.spec)
    program, folder, path = spec.program, output_folder(arguments), arguments.nir
    dt = program.network.dt if arguments.dt is None else arguments.dt
    if not 0 < dt <= 1:
        raise UsageError(f"--dt is a time step in seconds, not {dt:g}")
    with ready(arguments, libraries.WITHOUT_TENSORFLOW):
        from snnc.exporting.comparing import compare
        from snnc.exporting.nir import losses, nir_graph
        from snnc.importing import nir_file
        from snnc.training import params_file

        trained = params_file.load_alone(program, folder)
        network = trained.program.network
        try:
            nir_file.write(path, nir_graph(network, dt))
        except OSError as error:
            raise cannot("write", path, error) from error
        compared = compare(path, network, dt)
    print(f"wrote {path.as_posix()}, for time steps of {dt:g} s; read back: {compared}")
    print("NIR can't say:", *losses(program), sep="\n  ")
    return 0
