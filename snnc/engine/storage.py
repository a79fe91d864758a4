"""What training leaves beside the spec, and how it is read again."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnc.deploy import Weights
from snnc.diagnostics import Refusal, UsageError, cannot
from snnc.engine.data import Data
from snnc.engine.libraries import versions
from snnc.engine.train import Epoch
from snnc.files import replacing, write_text
from snnc.ir import OUTPUT, Matrix, Population, Program, Tuning, size
from snnc.meaning import as_json, differences, meaning

Array = NDArray[Any]
#: What reading a damaged .npz file raises, besides OSError.
DAMAGE = (ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Paths:
    """The files of a program, in the folder of its spec or another one."""

    params: Path
    test: Path
    baseline: Path
    history: Path

    @classmethod
    def of(cls, program: Program, folder: Path) -> Paths:
        def path(suffix: str) -> Path:
            return folder / f"{program.name}.{suffix}"

        return cls(path("params.npz"), path("test.npz"), path("baseline.npz"), path("history.csv"))

    def ensure_writable(self) -> None:
        """Raise a UsageError now rather than after hours of training."""
        for path in (self.params, self.test, self.baseline, self.history):
            if path.is_dir():
                raise UsageError(f"can't write {path.as_posix()}: it is a folder")
        probe = self.params.with_name(f".{self.params.stem}.probe")
        try:
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise cannot("write to", self.params.parent, error) from error


def save_training(
    paths: Paths, program: Program, deployed: Program, data: Data, epochs: Sequence[Epoch]
) -> list[Path]:
    """Write the parameters, how training went, and the test items if a script can't get at them; return the files."""
    written = [paths.params, paths.history]
    if not program.data.is_file:
        save_test(paths.test, data)
        written.append(paths.test)
    save_params(paths.params, program, deployed, data)
    save_history(paths.history, epochs)
    return written


def save_params(path: Path, program: Program, deployed: Program, data: Data) -> None:
    """Write what the deployed network needs, and how the program it comes from was trained."""
    arrays = parameters(deployed)
    arrays["input.shift"], arrays["input.scale"] = data.shift, data.scale
    arrays["test.index"], arrays["test.digest"] = data.test_index, data.test_digest
    arrays["training"] = _training(program)
    _save(path, deployed, arrays)


def parameters(deployed: Program) -> dict[str, Any]:
    """Return the weights, gains and biases of a deployed program, by their names in its file."""
    arrays: dict[str, Any] = {}
    for connection in deployed.connections:
        (operator,) = connection.operators
        assert isinstance(operator, Matrix)
        arrays[deployed.weights_key(connection)] = operator.weights
    assert len(arrays) == len(deployed.connections), "two connections share a name"
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
    #: What else the training depended on, as JSON; None where a script has trained.
    training: str | None = None
    #: What the float twin answered to each of the items, if it was trained.
    twin: Array | None = None

    @property
    def params(self) -> dict[str, Array]:
        """Weights, (out, in), gains and biases, (neurons,), by name."""
        return parameters(self.program)

    def scaled(self, x: ArrayLike) -> Array:
        """Return items of the source, ``(n, *shape)``, as the network gets them, (n, size)."""
        items = np.asarray(x, dtype=float)
        n, size_in = len(items), self.program.input_size
        if items.shape not in ((n, *self.program.input_shape), (n, size_in)):
            shape = ", ".join(map(str, self.program.input_shape))
            raise UsageError(f"x has the shape {items.shape}, not (n, {shape})")
        return np.asarray((items.reshape(n, size_in) - self.shift) / self.scale)

    def __repr__(self) -> str:
        shapes = (f"{name} {array.shape}" for name, array in self.params.items())
        return f"{self.program.name}, trained: {', '.join(shapes)}"


def load(program: Program, folder: Path, data: Data) -> Trained:
    """Return what training left in a folder; a Refusal says what is wrong with it."""
    paths = Paths.of(program, folder)
    trained = load_params(paths.params, program, data)
    twin = load_baseline(paths.baseline, program, data, trained.training)
    return replace(trained, twin=twin)


def load_params(path: Path, program: Program, data: Data) -> Trained:
    """Return a program with the parameters in a file; a Refusal says what is wrong with the file."""
    file = _File(path, _load(path, program, "snnc train"))
    _same_items(file, data)
    populations = tuple(_tuned(p, file) for p in program.populations)
    connections = []
    for connection in program.connections:
        size_in = size(program.source_shape(connection))
        size_out = (
            program.output.classes
            if connection.target == OUTPUT
            else program.population(connection.target).size
        )
        matrix = file.numbers(program.weights_key(connection), (size_out, size_in))
        name = connection.operators[-1].name
        connections.append(replace(connection, operators=(Matrix(name, matrix),)))
    bias = file.numbers("output.bias", (program.output.classes,))
    deployed = replace(
        program,
        populations=populations,
        connections=tuple(connections),
        output=replace(program.output, bias=bias if program.has_bias(OUTPUT) else None),
    )
    shift, scale = file.numbers("input.shift"), file.numbers("input.scale")
    training = str(file.arrays["training"]) if "training" in file.arrays else None
    x_test = (data.raw_test - shift) / scale
    return Trained(deployed, x_test, data.y_test, shift, scale, training)


def _tuned(population: Population, file: _File) -> Population:
    shape = (population.size,)
    gain, bias = (file.numbers(f"{population.name}.{key}", shape) for key in ("gain", "bias"))
    return replace(population, tuning=Tuning(gain, bias))


def _same_items(file: _File, data: Data) -> None:
    """Make sure that no item is tested on that the parameters were trained on."""
    if not np.array_equal(file.array("test.index"), data.test_index):
        why = "another split of the data (another seed, test_fraction or number of items)"
    elif str(file.array("test.digest")) != data.test_digest:
        why = "other data: items or labels have changed since"
    else:
        return
    raise Refusal(f"{file.path.as_posix()} was trained on {why}; run snnc train again")


def _training(program: Program) -> str:
    """Return what a float twin must have in common with the parameters it is compared with, as JSON."""
    train = program.train
    operators = [str(op) for c in program.connections for op in c.operators if op.training_only]
    settings = {
        "seed": program.seed,
        "scale": program.data.scale,
        "epochs": train.epochs,
        "batch_size": train.batch_size,
        "optimizer": train.optimizer.model_dump(),
        "training only": operators,
    }
    return json.dumps(settings, sort_keys=True)


def save_test(path: Path, data: Data) -> None:
    """Write the held-out items as they were before scaling, for a script that can't load the source."""
    with replacing(path) as unfinished:
        np.savez(unfinished, x=data.raw_test, y=data.y_test)


def save_baseline(
    path: Path, program: Program, data: Data, weights: Weights, predicted: Array
) -> None:
    """Write the float twin's weights, and its answer for each test item."""
    arrays: dict[str, Any] = {
        f"{name}.{index}": array
        for name, layer in weights.items()
        for index, array in enumerate(layer)
    }
    arrays["test.predicted"] = predicted
    arrays["test.index"], arrays["test.digest"] = data.test_index, data.test_digest
    arrays["training"] = _training(program)
    _save(path, program, arrays)


def load_baseline(path: Path, program: Program, data: Data, training: str | None) -> Array | None:
    """Return the float twin's answer for each test item, or None if it was never trained.

    A twin that was trained otherwise than the parameters, or on other items, is a Refusal.
    """
    if not path.exists():
        return None
    file = _File(path, _load(path, program, "snnc train --baseline"))
    _same_items(file, data)
    if str(file.array("training")) != (training or _training(program)):
        raise Refusal(
            f"{path.as_posix()} was trained otherwise than the parameters (seed, epochs, optimizer, dropout or scale); "
            "run snnc train --baseline again, or remove it"
        )
    return file.array("test.predicted")


def save_history(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write how training went, a line an epoch."""
    rows = [f"{e.number},{e.loss:.6f},{e.accuracy:.6f},{e.seconds:.3f}\n" for e in epochs]
    write_text(path, "epoch,loss,accuracy,seconds\n" + "".join(rows))


def _save(path: Path, program: Program, arrays: dict[str, Any]) -> None:
    with replacing(path) as unfinished:
        np.savez(
            unfinished,
            **arrays,
            spec=as_json(meaning(program)),
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


def _load(path: Path, program: Program, command: str) -> dict[str, Array]:
    """Return the arrays of a file that was written for this program's meaning."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except FileNotFoundError as error:
        raise Refusal(f"there is no {path.as_posix()} yet: run {command} first") from error
    except OSError as error:
        raise cannot("read", path, error) from error
    except DAMAGE as error:
        raise Refusal(
            f"{path.as_posix()} is damaged, or no file of snnc's: run {command} again"
        ) from error
    try:
        theirs = json.loads(str(arrays["spec"]))
        found = differences(theirs, meaning(program))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refusal(
            f"{path.as_posix()} doesn't say what network it is for: run {command} again"
        ) from error
    if found:
        raise Refusal(
            "\n  ".join([f"{path.as_posix()} is for another network; run {command} again", *found])
        )
    return arrays
