"""What training leaves beside the spec, and how it is read again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.deploy import Weights
from snnc.diagnostics import Refusal, cannot
from snnc.engine.data import Data
from snnc.engine.libraries import versions
from snnc.engine.train import Epoch
from snnc.files import replacing, write_text
from snnc.ir import OUTPUT, Matrix, Population, Program, Tuning
from snnc.meaning import as_json, differences, meaning

Array = NDArray[Any]


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


def save_params(path: Path, deployed: Program, data: Data) -> None:
    """Write what the deployed network needs."""
    arrays: dict[str, Any] = {}
    for connection in deployed.connections:
        (operator,) = connection.operators
        assert isinstance(operator, Matrix)
        arrays[deployed.weights_key(connection)] = operator.weights
    for population in deployed.populations:
        assert population.tuning is not None
        arrays[f"{population.name}.gain"] = population.tuning.gain
        arrays[f"{population.name}.bias"] = population.tuning.bias
    bias = deployed.output.bias
    arrays["output.bias"] = np.zeros(deployed.output.classes) if bias is None else bias
    arrays["input.shift"], arrays["input.scale"] = data.shift, data.scale
    arrays["test.index"] = data.test_index
    _save(path, deployed, arrays)


def load_params(path: Path, program: Program) -> Program:
    """Return a program with the parameters in a file; a Refusal says what is wrong with the file."""
    arrays = _load(path, program, "snnc train")
    populations = tuple(_tuned(p, arrays, path) for p in program.populations)
    connections = []
    for connection in program.connections:
        matrix = _array(arrays, program.weights_key(connection), path)
        name = connection.operators[-1].name
        connections.append(replace(connection, operators=(Matrix(name, matrix),)))
    bias = _array(arrays, "output.bias", path) if program.has_bias(OUTPUT) else None
    return replace(
        program,
        populations=populations,
        connections=tuple(connections),
        output=replace(program.output, bias=bias),
    )


def _tuned(population: Population, arrays: dict[str, Array], path: Path) -> Population:
    gain = _array(arrays, f"{population.name}.gain", path)
    bias = _array(arrays, f"{population.name}.bias", path)
    return replace(population, tuning=Tuning(gain, bias))


def load_test(path: Path, program: Program, data: Data) -> tuple[Array, Array]:
    """Return the items that the parameters' training held out, scaled as it scaled them, and their labels."""
    arrays = _load(path, program, "snnc train")
    if not np.array_equal(_array(arrays, "test.index", path), data.test_index):
        raise Refusal(
            f"{path.name} was trained on another split of the data (another seed, test_fraction or number of items): run snnc train again"
        )
    shift, scale = _array(arrays, "input.shift", path), _array(arrays, "input.scale", path)
    return (data.raw_test() - shift) / scale, data.y_test


def save_test(path: Path, data: Data) -> None:
    """Write the held-out items as they were before scaling, for a script that can't load the source."""
    with replacing(path) as unfinished:
        np.savez(unfinished, x=data.raw_test(), y=data.y_test)


def save_baseline(path: Path, program: Program, weights: Weights, predicted: Array) -> None:
    """Write the float twin's weights, and its answer for each test item."""
    arrays = {
        f"{name}.{index}": array
        for name, layer in weights.items()
        for index, array in enumerate(layer)
    }
    _save(path, program, {**arrays, "test.predicted": predicted})


def load_baseline(path: Path, program: Program) -> Array | None:
    """Return the float twin's answer for each test item, or None if it was never trained."""
    if not path.exists():
        return None
    return _array(_load(path, program, "snnc train --baseline"), "test.predicted", path)


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


def _load(path: Path, program: Program, command: str) -> dict[str, Array]:
    """Return the arrays of a file that was written for this program's meaning."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except FileNotFoundError as error:
        raise Refusal(f"there is no {path.as_posix()} yet: run {command} first") from error
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise Refusal(
            f"{path.as_posix()} is damaged, or no file of snnc's: run {command} again"
        ) from error
    try:
        theirs = json.loads(str(_array(arrays, "spec", path)))
    except ValueError as error:
        raise Refusal(
            f"{path.as_posix()} doesn't say what network it is for: run {command} again"
        ) from error
    found = differences(theirs, meaning(program))
    if found:
        raise Refusal(
            "\n  ".join([f"{path.as_posix()} is for another network; run {command} again", *found])
        )
    return arrays


def _array(arrays: dict[str, Array], name: str, path: Path) -> Array:
    if name not in arrays:
        raise Refusal(f"{path.as_posix()} has no '{name}': run snnc train again")
    return arrays[name]
