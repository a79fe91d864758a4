"""The parameters that training leaves beside a spec, and how they are read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from snnc.data.arrays import Array, arrays_of, save_arrays, save_compressed, text_in
from snnc.data.prepare import Data, HeldOut, as_seen, without_data
from snnc.data.prepare import load as load_data
from snnc.data.rows import Rows
from snnc.data.unseen import unseen
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.environment.libraries import versions
from snnc.networks.describe import layers_in_words, spikes_in_words
from snnc.operators import transforms
from snnc.program.fingerprint import OPTIONS, as_json, differences, training
from snnc.program.item_shapes import same_items
from snnc.program.network import GainBias, Network, Population
from snnc.program.program import Program
from snnc.spec.base import OUTPUT
from snnc.training.another_network import differences_of
from snnc.training.arrays_file import ArraysFile, opened
from snnc.training.baseline_file import load_baseline
from snnc.training.checkpoint import described
from snnc.training.epochs import Epoch
from snnc.training.held_out import held_out_among
from snnc.training.history import save_history
from snnc.training.import_scaling import scaling_now
from snnc.training.imported import ORIGIN, Origin, origin_in, start_arrays, start_in
from snnc.training.paths import Paths

if TYPE_CHECKING:
    from snnc.networks.folding import Weights


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A deployed program, and the items that its training held out: (n, size), scaled as it scaled them, and labels, (n,).

    An item as it was is item * scale + shift.
    """

    program: Program
    x_test: Array | Rows
    y_test: Array
    shift: Array
    scale: Array
    #: What the training depended on, and which layers it tested through which synapses; nothing where a script didn't say.
    training: dict[str, Any]
    spikes: str
    #: What the float twin answered to each of the items, if it was trained.
    baseline: Array | None = None
    #: The model that the parameters were imported from, if they weren't trained since.
    origin: Origin | None = None
    #: Arrays that a training may start from again, with the model that they were imported from, if the file holds some.
    start: Mapping[str, Array] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Array]:
        """Weights, (out, in), gains and biases, (neurons,), by name."""
        return parameters(self.program.network)

    def scaled(self, x: ArrayLike) -> Array:
        """Return items of the source, ``(n, *shape)``, as the network gets them, (n, size)."""
        items = np.asarray(x, dtype=float)
        if not same_items(items.shape[1:], self.program.item_shape):
            shape = ", ".join(map(str, self.program.item_shape))
            raise UsageError(f"x has the shape {items.shape}, not (n, {shape})")
        return self.rescaled(as_seen(self.program, items))

    def rescaled(self, x: Array) -> Array:
        """Return items as the network sees them, (n, size), scaled as those that it was trained on."""
        return np.asarray((x.astype(float) - self.shift) / self.scale)

    def rescaled_rows(self, x: Rows) -> Rows:
        """Return the same of items that stay in their file."""
        return x.then(self.rescaled, x.shape[1:], float)

    def __repr__(self) -> str:
        shapes = (f"{name} {array.shape}" for name, array in self.params.items())
        how = f"imported from {self.origin}" if self.origin else "trained"
        return f"{self.program.name}, {how}: {', '.join(shapes)}"


def save_training(
    paths: Paths,
    program: Program,
    deployed: Network,
    data: Data,
    epochs: Sequence[Epoch],
    start: Mapping[str, Array] | None = None,
) -> list[Path]:
    """Write the parameters, the held-out items and how training went; return the files.

    `start` are the arrays that the training started from, if it didn't start at random: another one may start there too.
    """
    written = [paths.params]
    if epochs:  # unless it is lost how training went
        save_history(paths.history, epochs)
        written.append(paths.history)
    save_test(paths.test, data)
    written.append(paths.test)
    # Last: once they are there, training is over.
    save_params(paths.params, program, deployed, data, start)
    return written


def save_imported(
    paths: Paths,
    program: Program,
    deployed: Network,
    data: Data | None,
    origin: Origin,
    start: Weights,
) -> list[Path]:
    """Write the parameters of a network that was trained elsewhere, and with data the held-out items; return the files.

    `start` are the weights of each trained operator's Keras layer, in Keras' order, for trainings that go on from them. Without
    data the spec has to say how items are scaled. Of a training before, its history and checkpoints are removed, and what it held out.
    """
    shift, scale = (data.shift, data.scale) if data else without_data(program)
    for old in (paths.history, paths.test, paths.checkpoint, paths.baseline_checkpoint):
        old.unlink(missing_ok=True)
    if data:
        save_test(paths.test, data)
    save_arrays(
        paths.params,
        **_described(program, deployed, shift, scale),
        **start_arrays(start, origin),
        **{ORIGIN: origin.as_json()},
    )
    return [paths.params, *([paths.test] if data else [])]


def save_test(path: Path, data: Data) -> None:
    """Write the held-out items and labels, unscaled and in the types of the source, for the script that runs."""
    save_compressed(path, **data.held_out.arrays)


def save_params(
    path: Path,
    program: Program,
    deployed: Network,
    data: Data,
    start: Mapping[str, Array] | None = None,
) -> None:
    """Write what the deployed network needs, what that network is, how it was trained, and what from if not from chance."""
    save_arrays(
        path,
        **_described(program, deployed, data.shift, data.scale),
        **(start or {}),
        training=as_json(described(program, data, start)),
    )


def network_arrays(deployed: Network) -> dict[str, Any]:
    """Return what a deployed network needs, and what it is, by the names in its file."""
    words = {f"{name}.neurons": text for name, text in layers_in_words(deployed).items()}
    return {**parameters(deployed), **words, "spikes": spikes_in_words(deployed)}


def _described(program: Program, deployed: Network, shift: Array, scale: Array) -> dict[str, Any]:
    """Return a deployed network, how its items are scaled, and where it comes from."""
    return {
        **network_arrays(deployed),
        "input.shift": shift,
        "input.scale": scale,
        "spec_file": program.spec_path.name,
        "versions": json.dumps(versions()),
    }


def keep_items(paths: Paths, trained: Trained, data: Data) -> list[Path]:
    """Write what the emitted script needs of the items that a spec holds out now, if the network was imported; return the files.

    Nobody knows what such a network was trained on, so that the spec may hold out, and scale, what it says today.
    """
    written: list[Path] = []
    if trained.origin is None:
        return written
    if not _holds(paths.test, data.held_out):
        save_test(paths.test, data)
        written.append(paths.test)
    arrays = opened(paths.params, "snnc import").arrays
    scaling = {"input.shift": trained.shift, "input.scale": trained.scale}
    if not all(np.array_equal(arrays[key], value) for key, value in scaling.items()):
        save_arrays(paths.params, **{**arrays, **scaling})
        written.append(paths.params)
    return written


def parameters(deployed: Network) -> dict[str, Any]:
    """Return the weights, gains and biases of a deployed network, by their names in its file."""
    arrays: dict[str, Any] = {}
    for connection in deployed.connections:
        key = deployed.array_key(connection)
        arrays |= {f"{key}.{name}": array for name, array in connection.folded.arrays.items()}
    for population in deployed.populations:
        assert population.tuning is not None
        arrays[f"{population.name}.gain"] = population.tuning.gain
        arrays[f"{population.name}.bias"] = population.tuning.bias
    bias = deployed.output.bias
    arrays["output.bias"] = np.zeros(deployed.output.classes) if bias is None else bias
    return arrays


def load(program: Program, folder: Path) -> Trained:
    """Return what training left in a folder; a Refusal says what is wrong with it, or with the data."""
    return load_with_data(program, folder)[0]


def load_with_data(program: Program, folder: Path) -> tuple[Trained, Data]:
    """Return what training left in a folder, and the data; a Refusal says what is wrong with either."""
    trained, data = load_without_baseline(program, folder)
    path = Paths.of(program, folder).baseline
    baseline = load_baseline(path, program, data, trained.training or None)
    return replace(trained, baseline=baseline.predicted if baseline else None), data


def load_without_baseline(program: Program, folder: Path) -> tuple[Trained, Data]:
    """Return what training left in a folder but for the float twin, and the data."""
    paths = Paths.of(program, folder)
    # Data may take long to load, and nothing is to be done with them alone.
    file = _of_this_network(paths.params, program.network)
    if file.origin:
        _ensure_data(program, file.origin)
    data = load_data(program)
    return _restored(file, paths.test, program, data), data


def load_alone(program: Program, folder: Path) -> Trained:
    """Return what training left in a folder, with no items held out: for items of another file."""
    file = _of_this_network(Paths.of(program, folder).params, program.network)
    scaling = scaling_now(program) if file.origin else None
    shift, scale = scaling or (file.numbers("input.shift"), file.numbers("input.scale"))
    x, y = np.empty((0, program.network.input_size)), np.empty(0, int)
    return _trained(file, program, x, y, shift, scale)


def load_for(program: Program, folder: Path, file: Path) -> Trained | None:
    """Return what training left in a folder, with the items of another file to test on.

    None if the items that training held out are among them: then the file is what they were split from. None too for a network
    that was imported, of which nobody knows what it was trained on: the spec says what is held out.
    """
    items = unseen(program, file)
    trained = load_alone(program, folder)
    if trained.origin:
        return None
    if held_out_among(items, Paths.of(program, folder).test):
        return None
    if items.y is None:
        raise Refusal(f"{file.as_posix()} has no labels: snnc predict answers without")
    return replace(trained, x_test=trained.rescaled_rows(items.x), y_test=items.y)


def load_params(paths: Paths, program: Program, data: Data) -> Trained:
    """Return a program with the parameters in its file; a Refusal says what is wrong with the file."""
    return _restored(_of_this_network(paths.params, program.network), paths.test, program, data)


def is_complete(path: Path, program: Program, data: Data) -> bool:
    """Whether a file holds the parameters that this very training ends with, after as many epochs."""
    if not path.exists():
        return False
    try:
        file = _of_this_network(path, program.network)
        return file.training() == described(program, data, start_in(file.arrays))
    except Refusal:
        return False


def origin_of(path: Path) -> Origin | None:
    """Return the model that the parameters in a file were imported from, if they weren't trained since."""
    return origin_in(text_in(path, ORIGIN))


def trained_otherwise(trained: Trained, program: Program) -> list[str]:
    """Return in what a training differs from what the spec says of training now, each with both values."""
    if trained.origin:
        return []
    now = {**training(program), "epochs": program.train.epochs}
    theirs = {key: trained.training[key] for key in (*now, *OPTIONS) if key in trained.training}
    ours = now if theirs else {}
    spikes = spikes_in_words(program.network)
    return differences({**theirs, "spikes": trained.spikes}, {**ours, "spikes": spikes})


def _of_this_network(path: Path, network: Network) -> ArraysFile:
    """Return a file of parameters, once it is sure that they are for this network."""
    file = opened(path, "snnc train")
    if "spikes" not in file.arrays:
        raise Refusal(f"{path.as_posix()} is of an earlier version of snnc: {file.again}")
    different = list(differences_of(file, network))
    if different:
        why = f"{path.as_posix()} is for another network; {file.again}"
        raise Refusal("\n  ".join([why, *different]))
    return file


def _ensure_data(program: Program, origin: Origin) -> None:
    """Make sure that there are items to run what was imported on: an import needs none."""
    path = program.data_path
    if path is not None and not path.exists():
        arrays = ", ".join(program.data.arrays)
        save = f" (arrays {arrays})" if program.data.file_kind == "npz" else ""
        raise Refusal(
            f"there are no items yet to run what {origin.file} brought: save them with their labels as {path.as_posix()}{save}, "
            "name another file in [data], or give one: --data FILE"
        )


def _restored(file: ArraysFile, test: Path, program: Program, data: Data) -> Trained:
    shift, scale = file.numbers("input.shift"), file.numbers("input.scale")
    if file.origin:  # whatever items the spec has now
        shift, scale = np.asarray(data.shift), np.asarray(data.scale)
    else:
        _same_items(file.path, test, data)
    return _trained(file, program, data.held_out.x, data.y_test, shift, scale)


def _trained(
    file: ArraysFile, program: Program, x: Array, y: Array, shift: Array, scale: Array
) -> Trained:
    """Return what is in a file, with unscaled items that it wasn't trained on, (n, size), and their labels, (n,)."""
    deployed = replace(program, network=_deployed(file, program.network))
    return Trained(
        deployed,
        (x.astype(float) - shift) / scale,
        y,
        shift,
        scale,
        file.training() if "training" in file.arrays else {},
        file.text("spikes"),
        origin=file.origin,
        start=start_in(file.arrays),
    )


def _holds(path: Path, held_out: HeldOut) -> bool:
    """Whether a file holds just these items."""
    try:
        arrays = arrays_of(path, "")
    except (FileNotFoundError, Refusal):
        return False
    return {"x", "y"} <= arrays.keys() and held_out.is_same(HeldOut(arrays["x"], arrays["y"]))


def _same_items(params: Path, test: Path, data: Data) -> None:
    """Make sure that no item is tested on that the parameters were trained on."""
    arrays = arrays_of(test, "run snnc train again") if test.exists() else {}
    if not {"x", "y"} <= arrays.keys():
        raise Refusal(
            f"there is no {test.as_posix()}, the items that {params.name} wasn't trained on: run snnc train again"
        )
    if not data.held_out.is_same(HeldOut(arrays["x"], arrays["y"])):
        raise Refusal(
            f"{params.as_posix()} was trained with other items held out than the spec holds out now "
            "(another seed or test_fraction, or data that have changed); run snnc train again"
        )


def _deployed(file: ArraysFile, network: Network) -> Network:
    """Return a network with the weights, gains and biases in a file."""
    connections = []
    for connection in network.connections:
        form = network.form(connection)
        arrays = _arrays(form, network.array_key(connection), file)
        connections.append(replace(connection, transform=transforms.Transform(form, arrays)))
    bias = file.numbers("output.bias", (network.output.classes,))
    return replace(
        network,
        populations=tuple(_tuned(p, file) for p in network.populations),
        connections=tuple(connections),
        output=replace(network.output, bias=bias if network.has_bias(OUTPUT) else None),
    )


def _arrays(form: transforms.Form, key: str, file: ArraysFile) -> dict[str, Array]:
    """Return the arrays of a form, once they are as it wants them."""
    arrays = {
        name: file.expected(f"{key}.{name}", expected) for name, expected in form.arrays.items()
    }
    if len({len(array) for array in arrays.values()}) > 1:
        raise Refusal(f"the arrays of '{key}' in {file.path.as_posix()} differ in length")
    return arrays


def _tuned(population: Population, file: ArraysFile) -> Population:
    shape = (population.size,)
    gain, bias = (file.numbers(f"{population.name}.{key}", shape) for key in ("gain", "bias"))
    return replace(population, tuning=GainBias(gain, bias))
