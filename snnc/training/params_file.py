"""What training leaves beside the spec, and how it is read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from snnc.data.arrays import Array, arrays_of, save_arrays
from snnc.data.prepare import Data
from snnc.data.prepare import load as load_data
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.environment.libraries import versions
from snnc.operators import transforms
from snnc.program.fingerprint import OPTIONS, as_json, differences, fingerprint, training
from snnc.program.network import Connection, GainBias, Network, Population
from snnc.program.program import Program
from snnc.spec.base import OUTPUT
from snnc.training.checkpoint import depends_on
from snnc.training.epochs import Epoch
from snnc.training.history import save_history
from snnc.training.paths import Paths

if TYPE_CHECKING:
    from snnc.networks.deploy import Weights


def save_training(
    paths: Paths, program: Program, deployed: Network, data: Data, epochs: Sequence[Epoch]
) -> list[Path]:
    """Write the parameters, how training went, and the test items if a script can't get at them; return the files."""
    written = [paths.params]
    if epochs:  # unless it is lost how training went
        save_history(paths.history, epochs)
        written.append(paths.history)
    if not program.data.is_file:
        save_test(paths.test, data)
        written.append(paths.test)
    # Last: once they are there, training is over.
    save_params(paths.params, program, deployed, data)
    return written


def save_params(path: Path, program: Program, deployed: Network, data: Data) -> None:
    """Write what the deployed network needs, and how the program it comes from was trained."""
    arrays = parameters(deployed)
    arrays["input.shift"], arrays["input.scale"] = data.shift, data.scale
    arrays["test.index"], arrays["test.digest"] = data.test_index, data.test_digest
    _save(path, program, data, arrays)


def parameters(deployed: Network) -> dict[str, Any]:
    """Return the weights, gains and biases of a deployed network, by their names in its file."""
    arrays: dict[str, Any] = {}
    for connection in deployed.connections:
        for name, array in connection.folded.arrays.items():
            key = deployed.array_key(connection, name)
            assert key not in arrays, "two connections share a name"
            arrays[key] = array
    for population in deployed.populations:
        assert population.tuning is not None
        arrays[f"{population.name}.gain"] = population.tuning.gain
        arrays[f"{population.name}.bias"] = population.tuning.bias
    bias = deployed.output.bias
    arrays["output.bias"] = np.zeros(deployed.output.classes) if bias is None else bias
    return arrays


@dataclass(frozen=True, eq=False, repr=False)
class Trained:
    """A deployed program, and the items that its training held out: (n, size), scaled as it scaled them, and labels, (n,).

    An item as it was is item * scale + shift.
    """

    program: Program
    x_test: Array
    y_test: Array
    shift: Array
    scale: Array
    #: What the training depended on.
    training: dict[str, Any]
    #: What the float twin answered to each of the items, if it was trained.
    twin: Array | None = None

    @property
    def params(self) -> dict[str, Array]:
        """Weights, (out, in), gains and biases, (neurons,), by name."""
        return parameters(self.program.network)

    def scaled(self, x: ArrayLike) -> Array:
        """Return items of the source, ``(n, *shape)``, as the network gets them, (n, size)."""
        items = np.asarray(x, dtype=float)
        n, size_in = len(items), self.program.network.input_size
        if items.shape not in ((n, *self.program.network.input_shape), (n, size_in)):
            shape = ", ".join(map(str, self.program.network.input_shape))
            raise UsageError(f"x has the shape {items.shape}, not (n, {shape})")
        return np.asarray((items.reshape(n, size_in) - self.shift) / self.scale)

    def __repr__(self) -> str:
        shapes = (f"{name} {array.shape}" for name, array in self.params.items())
        return f"{self.program.name}, trained: {', '.join(shapes)}"


def load(program: Program, folder: Path) -> Trained:
    """Return what training left in a folder; a Refusal says what is wrong with it, or with the data."""
    paths = Paths.of(program, folder)
    # Data may take long to load, and nothing is to be done with them alone.
    file = _opened(paths.params, program.network)
    data = load_data(program)
    trained = _restored(file, program, data)
    twin = load_baseline(paths.baseline, program, data, trained.training)
    return replace(trained, twin=twin.predicted if twin else None)


def load_params(path: Path, program: Program, data: Data) -> Trained:
    """Return a program with the parameters in a file; a Refusal says what is wrong with the file."""
    return _restored(_opened(path, program.network), program, data)


def _restored(file: _File, program: Program, data: Data) -> Trained:
    _same_items(file, data)
    deployed = _deployed(file, program.network)
    shift, scale = file.numbers("input.shift"), file.numbers("input.scale")
    x_test = (data.raw_test - shift) / scale
    return Trained(
        replace(program, network=deployed), x_test, data.y_test, shift, scale, file.training()
    )


def _deployed(file: _File, network: Network) -> Network:
    """Return a network with the weights, gains and biases in a file."""
    connections = []
    for connection in network.connections:
        transform = transforms.Transform(*_form_and_arrays(network, connection, file))
        connections.append(replace(connection, transform=transform))
    bias = file.numbers("output.bias", (network.output.classes,))
    return replace(
        network,
        populations=tuple(_tuned(p, file) for p in network.populations),
        connections=tuple(connections),
        output=replace(network.output, bias=bias if network.has_bias(OUTPUT) else None),
    )


def _form_and_arrays(
    network: Network, connection: Connection, file: _File
) -> tuple[transforms.Form, dict[str, Array]]:
    """Return the form of a connection's weights, and the arrays that it has in a file."""
    form = network.form(connection)
    if isinstance(form, transforms.NoTransform):
        return form, {}
    key = network.array_key(connection, "weights")
    if not isinstance(form, transforms.Sparse):
        return form, {"weights": file.numbers(key, form.shape)}
    weights = file.numbers(key)
    rows, columns = form.shape
    return form, {
        "weights": weights,
        "row": file.places(network.array_key(connection, "row"), weights.shape, rows),
        "column": file.places(network.array_key(connection, "column"), weights.shape, columns),
    }


def trained_otherwise(trained: Trained, program: Program) -> list[str]:
    """Return in what a training differs from what the spec says of training now, each with both values."""
    now = {**training(program), "epochs": program.train.epochs}
    theirs = {key: trained.training[key] for key in (*now, *OPTIONS) if key in trained.training}
    return differences(theirs, now)


def _tuned(population: Population, file: _File) -> Population:
    shape = (population.size,)
    gain, bias = (file.numbers(f"{population.name}.{key}", shape) for key in ("gain", "bias"))
    return replace(population, tuning=GainBias(gain, bias))


def _same_items(file: _File, data: Data) -> None:
    """Make sure that no item is tested on that the parameters were trained on."""
    if not np.array_equal(file.array("test.index"), data.test_index):
        why = "another split of the data (another seed, test_fraction or number of items)"
    elif str(file.array("test.digest")) != data.test_digest:
        why = "other data: items or labels have changed since"
    else:
        return
    raise Refusal(f"{file.path.as_posix()} was trained on {why}; run snnc train again")


def is_complete(path: Path, program: Program, data: Data) -> bool:
    """Whether a file holds what this very training ends with, after as many epochs."""
    if not path.exists():
        return False
    try:
        found = _opened(path, program.network).training()
    except Refusal:
        return False
    return found == described(program, data)


def described(program: Program, data: Data) -> dict[str, Any]:
    """Return what a training depends on, with its number of epochs."""
    return {**depends_on(program, data), "epochs": program.train.epochs}


def save_test(path: Path, data: Data) -> None:
    """Write the held-out items as they were before scaling, for a script that can't load the source."""
    save_arrays(path, x=data.raw_test, y=data.y_test)


@dataclass(frozen=True, eq=False)
class Baseline:
    """The float twin's weights, by the names of its layers, and its answer to each test item, (n,)."""

    weights: Weights
    predicted: Array


def save_baseline(path: Path, program: Program, data: Data, twin: Baseline) -> None:
    """Write the float twin's weights, and its answer for each test item."""
    arrays: dict[str, Any] = {
        f"{name}.{index}": array
        for name, layer in twin.weights.items()
        for index, array in enumerate(layer)
    }
    arrays["test.predicted"] = twin.predicted
    arrays["test.index"], arrays["test.digest"] = data.test_index, data.test_digest
    _save(path, program, data, arrays)


def load_baseline(
    path: Path, program: Program, data: Data, training: dict[str, Any] | None
) -> Baseline | None:
    """Return the float twin, or None if it was never trained.

    A twin that was trained otherwise than the parameters, or on other items, is a Refusal.
    """
    if not path.exists():
        return None
    file = _opened(path, program.network, "snnc train --baseline")
    _same_items(file, data)
    wanted = described(program, data) if training is None else training
    found = differences(_of_baseline(file.training()), _of_baseline(wanted), "in the parameters")
    if found:
        why = f"{path.as_posix()} was trained otherwise than the parameters; run snnc train --baseline again, or remove it"
        raise Refusal("\n  ".join([why, *found]))
    weights: dict[str, list[Array]] = {}
    for key, array in file.arrays.items():
        layer, _, index = key.rpartition(".")
        if index.isdecimal():
            weights.setdefault(layer, []).append(array)
    return Baseline(weights, file.array("test.predicted"))


def _of_baseline(training: dict[str, Any]) -> dict[str, Any]:
    """Return what a float twin has in common with the parameters that it is compared with."""
    data = ("data", "seed", "scale", "validation_fraction")
    keys = (*data, "epochs", "early_stopping", "batch_size", "optimizer", "operators")
    return {key: training[key] for key in keys if key in training}


def _save(path: Path, program: Program, data: Data, arrays: dict[str, Any]) -> None:
    save_arrays(
        path,
        **arrays,
        spec_file=program.spec_path.name,
        spec=as_json(fingerprint(program.network)),
        training=as_json(described(program, data)),
        versions=json.dumps(versions()),
    )


@dataclass(frozen=True)
class _File:
    """The arrays of a file."""

    path: Path
    arrays: dict[str, Array]

    def array(self, name: str) -> Array:
        if name not in self.arrays:
            raise Refusal(f"{self.path.as_posix()} has no '{name}': run snnc train again")
        return self.arrays[name]

    def training(self) -> dict[str, Any]:
        """Return what the training depended on."""
        try:
            return dict(json.loads(str(self.array("training"))))
        except (ValueError, TypeError) as error:
            raise Refusal(
                f"{self.path.as_posix()} doesn't say how it was trained: run snnc train again"
            ) from error

    def numbers(self, name: str, shape: tuple[int, ...] | None = None) -> Array:
        """Return an array of finite numbers, of a shape if one is given."""
        array = self.array(name)
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise Refusal(f"'{name}' in {self.path.as_posix()} holds no finite numbers")
        if shape is not None and array.shape != shape:
            raise Refusal(
                f"'{name}' in {self.path.as_posix()} has shape {array.shape}, not {shape}"
            )
        return array

    def places(self, name: str, shape: tuple[int, ...], below: int) -> Array:
        """Return an array of whole numbers from zero on."""
        array = self.numbers(name, shape)
        if (
            array.dtype.kind != "i"
            or array.ndim != 1
            or (array < 0).any()
            or (array >= below).any()
        ):
            raise Refusal(
                f"'{name}' in {self.path.as_posix()} holds numbers outside of the weights"
            )
        return array


def _opened(path: Path, network: Network, command: str = "snnc train") -> _File:
    """Return a file that was written for this program's meaning; `command` is what writes it anew."""
    try:
        arrays = arrays_of(path, f"run {command} again")
    except FileNotFoundError as error:
        raise Refusal(f"there is no {path.as_posix()} yet: run {command} first") from error
    try:
        theirs = json.loads(str(arrays["spec"]))
        found = differences(theirs, fingerprint(network))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refusal(
            f"{path.as_posix()} doesn't say what network it is for: run {command} again"
        ) from error
    if found:
        raise Refusal(
            "\n  ".join([f"{path.as_posix()} is for another network; run {command} again", *found])
        )
    return _File(path, arrays)
