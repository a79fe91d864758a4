"""What earlier trainings of a seed have left: whether it is done, whether it can go on, and what it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import numpy as np

from snnc.data.arrays import Array, arrays_of
from snnc.data.prepare import Data
from snnc.diagnostics.errors import Refusal
from snnc.environment.files import replacing
from snnc.program.program import Program
from snnc.training import checkpoint
from snnc.training.baseline_file import twin_depends_on
from snnc.training.beginning import beginning
from snnc.training.imported import start_in
from snnc.training.params_file import is_complete
from snnc.training.paths import Paths


def bring_start(program: Program, folder: Path, name: str) -> None:
    """Put the imported weights that a seed starts from among its parameters, from those of the network called `name`."""
    network = replace(program.network, name=name)
    start = beginning(replace(program, network=network), folder)
    own = Paths.of(program, folder).params
    if own.exists() and _same(_start_of(own), start):
        return
    places = (where / f"{name}.params.npz" for where in (folder, program.spec_path.parent))
    source = next(path for path in places if path.exists() and _same(_start_of(path), start))
    with replacing(own) as unfinished:
        copyfile(source, unfinished)


def can_resume(paths: Paths, program: Program, data: Data, start: Mapping[str, Array]) -> bool:
    """Whether a training is done or was stopped midway, here and with the same settings.

    A checkpoint of another training is removed, as that training's next one would replace it.
    """
    depends = {
        paths.checkpoint: checkpoint.depends_on(program, data, start),
        paths.baseline_checkpoint: twin_depends_on(program, data, start),
    }
    fitting = [path for path, on in depends.items() if _fits(path, on, program.train.epochs)]
    return bool(fitting) or is_complete(paths.params, program, data)


def _fits(path: Path, depends: dict[str, object], epochs: int) -> bool:
    try:
        if len(checkpoint.load(path, depends).epochs) <= epochs:
            return True
    except FileNotFoundError:
        return False
    except Refusal:
        pass
    path.unlink()
    return False


def _start_of(params: Path) -> dict[str, Array]:
    return start_in(arrays_of(params, "remove it"))


def _same(some: Mapping[str, Array], others: Mapping[str, Array]) -> bool:
    return some.keys() == others.keys() and all(np.array_equal(some[k], others[k]) for k in some)
