"""`python -m tests.spikes FOLDER SPEC...` prints what tells the spikes of trained networks from others, as JSON.

It runs in either lane (`tests/test_lanes.py`).
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from snnc.environment import libraries
from snnc.pipeline import checked

#: As many items are shown, one after the other.
ITEMS = 5


def spikes(spec: Path, folder: Path) -> dict[str, Any]:
    """Return a hash of all spikes, and how many there are, for each layer in each place."""
    import nengo
    import nengo_loihi

    from snnc.data import prepare
    from snnc.networks.build import deployed_network, stream_of
    from snnc.training import params_file
    from snnc.training.paths import Paths

    program = checked(spec).program
    paths = Paths.of(program, folder)
    trained = params_file.load_params(paths, program, prepare.load(program))
    items = trained.x_test[:ITEMS]
    simulators = {
        "nengo": lambda net: nengo.Simulator(net, dt=program.network.dt, progress_bar=False)
    }
    if program.on_loihi:
        simulators["nengo_loihi"] = lambda net: nengo_loihi.Simulator(net, dt=program.network.dt)
    found: dict[str, Any] = {}
    for place, simulator in simulators.items():
        shown = stream_of(program, items)
        net = deployed_network(trained.program.network, shown, loihi=place == "nengo_loihi")
        with simulator(net) as sim:
            sim.run_steps(len(items) * (program.stream_steps + program.gap_steps))
            for probe in net.spikes:
                fired = sim.data[probe] > 0
                digest = hashlib.sha256(fired.tobytes()).hexdigest()
                found[f"{place}: {probe.label}"] = [digest, int(fired.sum()), *fired.shape]
    return found


if __name__ == "__main__":
    libraries.load()
    folder, *specs = map(Path, sys.argv[1:])
    print(
        json.dumps({"versions": libraries.versions()} | {s.stem: spikes(s, folder) for s in specs})
    )
