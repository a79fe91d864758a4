"""What an import leaves beside a spec, without a model: chance in the place of what was trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snnc.data import prepare
from snnc.networks.deploy import Weights, deploy
from snnc.program.program import Program
from snnc.training import params_file
from snnc.training.imported import Origin
from snnc.training.paths import Paths
from snnc.training.train import initial_weights

ORIGIN = Origin("model.keras", "ab" * 32)


def leave_import(program: Program, folder: Path) -> Weights:
    """Write parameters that say "imported", and return the weights of the Keras layers that they were deployed from."""
    chance = np.random.RandomState(7)
    start = {
        name: [w + chance.uniform(-0.1, 0.1, w.shape).astype(w.dtype) for w in layer]
        for name, layer in initial_weights(program).items()
    }
    # All that reaches this unit makes it silent, as it may be in a trained network.
    first = next(iter(start.values()))
    first[0][..., 0] = -np.abs(first[0][..., 0])
    deployed = deploy(program.network, start)
    params_file.save_imported(
        Paths.of(program, folder), program, deployed, prepare.load(program), ORIGIN, start
    )
    return start
