"""What `snnc import` makes of models that other frameworks wrote: exact, by rewriting, or refused.

    python -m tests.foreign_imports FOLDER [--forms whole.keras dynamo.onnx ...] [--verbose]

FOLDER holds what `foreign_models.py make` and `torch_models.py` wrote: models, items, and what the framework answered to them. Each
file passes through the command; a network that it takes answers the items as rates. It is exact if each kernel is one of the
file's, and rewritten if one isn't: a norm folded, rows in another order, zeros at an edge. The exit code is 1 if an answer is off by
more than 1e-5 of the largest, or a command ends otherwise than with 0 or with a refusal that names each layer in the way.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from snnc.cli import main as snnc
from snnc.importing.formats import read
from snnc.importing.graph import Graph
from snnc.importing.operations import Array, Conv, Dense, Sigmoid, Softmax
from snnc.networks.folding import Weights
from snnc.pipeline import checked
from snnc.running.rates import rate_logits
from snnc.training import params_file
from snnc.training.imported import start_weights
from tests.foreign_models import LARGEST_DIFFERENCE

#: What `foreign_models.py` and `torch_models.py` call the forms of a model.
FORMS = ("whole.h5", "whole.keras", "parts.json", "dynamo.onnx", "legacy.onnx")
EXACT, REWRITTEN, REFUSED, WRONG = "exact", "by rewriting", "refused", "wrong"


class Found(NamedTuple):
    """What became of a file: in one word, and more about it; an answer that is off, or a traceback, is wrong."""

    word: str
    about: str = ""


def imported(path: Path, answers: Path) -> Found:
    """Pass a file through the command in an empty folder, and compare what comes out with a framework's answers."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "network"
        command = ["import", str(path), "-o", str(target), "--json"]
        weights = _weights(path)
        command += ["--weights", str(weights)] if weights else []
        code, out, err = _run(command)
        left = sorted(each.name for each in Path(folder).iterdir())
        if code == 1:
            return _refused(out, err, left)
        if code != 0 or "network.params.npz" not in left:
            return Found(WRONG, f"exit code {code}: {err}")
        return _compared(path, weights, target.with_suffix(".toml"), answers)


def _run(command: list[str]) -> tuple[int, str, str]:
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        code = snnc(command)
    return code, out.getvalue(), err.getvalue()


def _refused(out: str, err: str, left: list[str]) -> Found:
    if left or not err.startswith("snnc: "):
        return Found(WRONG, f"refused, but {left} are there, or it isn't said so: {err[:300]}")
    layers = json.loads(out)["error"].get("refused", [])
    return Found(REFUSED, ", ".join(layer["layer"] for layer in layers) or err.strip())


def _compared(path: Path, weights: Path | None, spec: Path, answers: Path) -> Found:
    """Return whether the rate network answers as the framework did, and whether its kernels are those of the file."""
    graph = read(path, weights)
    trained = params_file.load_alone(checked(spec).program, spec.parent)
    with np.load(answers) as arrays:
        x, y = arrays["x"], arrays["y"].astype(float)
    # A graph of Keras has softmax for log_softmax: which class is the largest is the same.
    y = np.exp(y) if graph.output.kind.startswith("log_softmax") else y
    ours = _as_in_file(rate_logits(trained.program.network, trained.scaled(x)), graph)
    difference = np.abs(ours - y).max() / np.abs(y).max()
    if not difference <= LARGEST_DIFFERENCE:
        return Found(WRONG, f"off by {difference:.3g} of the largest answer")
    kernels = sorted(_kernels(start_weights(trained.start)))
    return Found(EXACT if kernels == sorted(_in_file(graph)) else REWRITTEN)


def _as_in_file(logits: Array, graph: Graph) -> Array:
    """Return what the file puts out for some logits: it may end with probabilities, or with that of one of two classes."""
    operation = graph.output.operation
    if isinstance(operation, Sigmoid):
        return operation.apply(logits[:, 1:] - logits[:, :1])
    return operation.apply(logits) if isinstance(operation, Softmax) else logits


def _kernels(start: Weights) -> Iterator[bytes]:
    for layer in start.values():
        yield np.asarray(layer[0], np.float32).tobytes()


def _in_file(graph: Graph) -> Iterator[bytes]:
    for node in graph.nodes:
        if isinstance(node.operation, Dense):
            yield node.operation.weights.astype(np.float32).tobytes()
        elif isinstance(node.operation, Conv):
            yield node.operation.kernel.astype(np.float32).tobytes()


def _weights(path: Path) -> Path | None:
    name, _, form = path.name.partition(".")
    return path.with_name(f"{name}.weights.h5") if form == "parts.json" else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS, help="which files")
    given = parser.parse_args()
    files: dict[str, Counter[str]] = defaultdict(Counter)
    models: dict[str, set[str]] = defaultdict(set)
    for answers in sorted(given.folder.glob("*/*.npz")):
        for path in (answers.with_suffix(f".{form}") for form in given.forms):
            if not path.is_file():
                continue
            found = imported(path, answers)
            files[path.parent.name][found.word] += 1
            models[answers.stem].add(found.word)
            if given.verbose or found.word == WRONG:
                print(f"{path.parent.name}/{path.name}: {found.word} {found.about}", flush=True)
    for writer, words in files.items():
        print(f"{writer}: {_counts(words)}")
    kinds = Counter(" or ".join(sorted(words)) for words in models.values())
    print(f"{len(models)} models: {_counts(kinds)}")
    return 1 if any(words[WRONG] for words in files.values()) else 0


def _counts(words: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(words.items()))


if __name__ == "__main__":
    sys.exit(main())
