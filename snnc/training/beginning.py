"""The weights that a training begins with where it doesn't begin at random. The emitted script begins with the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from snnc.data.arrays import Array, arrays_of
from snnc.diagnostics.errors import Refusal
from snnc.program.program import Program
from snnc.training.imported import start_in
from snnc.training.paths import Paths


def beginning(program: Program, folder: Path | None) -> dict[str, Array]:
    """Return the imported arrays that a program's training starts from; none if it starts at random.

    They stand among the parameters in the folder, or else beside the spec. Raises a Refusal if there are none.
    """
    if not program.starts_imported:
        return {}
    folders = dict.fromkeys([folder or program.spec_path.parent, program.spec_path.parent])
    paths = [Paths.of(program, where).params for where in folders]
    for path in paths:
        if path.exists() and (start := start_in(arrays_of(path, "import the model again"))):
            return start
    raise Refusal(
        f'{paths[0].as_posix()} holds no imported weights to start from, as start = "imported" in [train] says: '
        'run snnc import on the model first, or write start = "random"'
    )


def begin(layers: Iterable[Any], start: Mapping[str, Sequence[Array]]) -> None:
    """Give Keras layers the weights that they start from, by their names. Raises a Refusal if they are of another network."""
    wrong = []
    for layer in layers:
        weights, wanted = start.get(layer.name, []), [tuple(w.shape) for w in layer.weights]
        if [array.shape for array in weights] == wanted:
            layer.set_weights(weights)
        else:
            there, here = (_shapes(s) for s in ([array.shape for array in weights], wanted))
            wrong.append(f"{layer.name}: {there} there, {here} in the spec")
    if wrong:
        why = 'the imported weights are for another network: import the model again, or write start = "random" in [train]'
        raise Refusal("\n  ".join([why, *wrong]))


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(str(list(shape)) for shape in shapes) or "nothing"
