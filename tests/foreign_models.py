"""Models that another Python's Keras wrote, against what that Keras answers.

    python tests/foreign_models.py make FOLDER      # in any environment with a Keras, 2 or 3
    python -m tests.foreign_models compare FOLDER   # in snnc's own

The first writes each model of `keras_models.py` in every form that this Keras has, with items and its answers. The second reads all
of them and prints what became of each: equal, refused, or, on exit 1, wrong. Environments take a minute each:

    python3.11 -m venv V; V/bin/pip install keras==3.0.5 'jax[cpu]' packaging; KERAS_BACKEND=jax V/bin/python tests/foreign_models.py make FOLDER
    python3.11 -m venv V; V/bin/pip install tensorflow-cpu==2.12.0; V/bin/python tests/foreign_models.py make FOLDER
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

#: Of the largest logit.
LARGEST_DIFFERENCE = 1e-5


def save_all(model: Any, folder: Path, name: str) -> list[str]:
    """Write a model in all forms that this Keras has; return those that it can't write itself."""
    refused = []
    for form in ("whole.h5", "whole.keras", "parts.json"):
        try:
            if form == "parts.json":
                (folder / f"{name}.parts.json").write_text(model.to_json())
                model.save_weights(folder / f"{name}.weights.h5")
            else:
                model.save(folder / f"{name}.{form}")
        except Exception as error:  # whatever Keras raises
            refused.append(f"{form}: {str(error).splitlines()[0][:100]}")
            for left in folder.glob(f"{name}.{form.split('.')[0]}*{form.split('.')[1]}"):
                left.unlink()
    return refused


def make(folder: Path, module: str) -> None:
    """Write all models, with their items and answers."""
    sys.path.insert(0, str(Path(__file__).parent))
    models = importlib.import_module("keras_models")
    keras = importlib.import_module(module)
    folder = folder / f"{module}-{getattr(keras, '__version__', 'unknown')}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*models.READ, *models.REFUSED):
        try:
            keras.backend.clear_session()
            model, x, y = models.made(keras, name)
        except Exception as error:  # whatever Keras raises: an old one hasn't all layers
            print(f"{folder.name} {name}: not made, {str(error).splitlines()[0][:120]}")
            continue
        np.savez(folder / f"{name}.npz", x=x, y=y)
        for refused in save_all(model, folder, name):
            print(f"{folder.name} {name}: Keras itself doesn't write {refused}")


def compare(folder: Path, verbose: bool) -> int:
    """Read all that stands in the folders of `make`, and return 1 if an answer differs."""
    from snnc.diagnostics.errors import Refusal
    from snnc.importing.formats import read
    from snnc.importing.operations import Unsupported
    from tests import keras_models

    counts: Counter[tuple[str, str]] = Counter()
    models: Counter[str] = Counter()
    wrong = 0
    for answers in sorted(folder.glob("*/*.npz")):
        name = answers.name.removesuffix(".npz")
        for path in sorted(answers.parent.glob(f"{name}.[wp][ha][or][lt][es].*")):
            weights = path.parent / f"{name}.weights.h5" if path.suffix == ".json" else None
            try:
                graph = read(path, weights)
                why = [node for node in graph.nodes if isinstance(node.operation, Unsupported)]
                outcome = "refused" if why else _outcome(graph, answers)
            except Refusal as error:
                outcome, why = f"unread: {error}", []
            expected = "refused" if name in keras_models.REFUSED else "equal"
            if outcome != expected:
                wrong += 1
                print(
                    f"{path.parent.name}/{path.name}: {outcome}, not {expected} {[n.name for n in why]}"
                )
            elif verbose:
                print(f"{path.parent.name}/{path.name}: {outcome} {[n.name for n in why] or ''}")
            counts[path.parent.name, outcome.split(":")[0]] += 1
            models[f"{outcome.split(':')[0]} {name}"] += 1
    for (environment, outcome), count in sorted(counts.items()):
        print(f"{environment}: {outcome} {count}")
    kinds = Counter(key.split()[0] for key in models)
    print(f"models: {dict(kinds)}; files: {sum(counts.values())}; not as expected: {wrong}")
    return 1 if wrong else 0


def _outcome(graph: Any, answers: Path) -> str:
    with np.load(answers) as arrays:
        x, y = arrays["x"], arrays["y"]
    difference = np.abs(graph.apply(x).reshape(y.shape) - y).max()
    if "log_softmax" in [node.kind for node in graph.nodes[-1:]]:
        difference = np.abs(graph.apply(x) - np.exp(y)).max()
    return (
        "equal"
        if difference <= LARGEST_DIFFERENCE * max(np.abs(y).max(), 1e-30)
        else f"wrong: {difference:.3g}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("make", "compare"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keras", default="keras", help="the module, such as tf_keras")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    if given.task == "compare":
        return compare(given.folder, given.verbose)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    make(given.folder, given.keras)
    return 0


if __name__ == "__main__":
    sys.exit(main())
