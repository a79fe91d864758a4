"""Models that another Python's Keras wrote, against what that Keras answers.

    python tests/foreign_models.py make FOLDER      # in any environment with a Keras, 2 or 3
    python -m tests.foreign_models compare FOLDER   # in snnc's own
    python -m tests.foreign_models keep FOLDER      # pack a few of the files for test_import_keras.py

The first writes each model of `keras_models.py` in every form that this Keras has, with items and its answers. The second reads all
of them and prints how many are equal, and how many refused; what is otherwise than expected has a line, and makes it exit with 1.
Environments take a minute each:

    python3.11 -m venv V; V/bin/pip install keras==3.0.5 'jax[cpu]' packaging; KERAS_BACKEND=jax V/bin/python tests/foreign_models.py make FOLDER
    python3.11 -m venv V; V/bin/pip install tensorflow-cpu==2.12.0; V/bin/python tests/foreign_models.py make FOLDER
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

#: Files that each Keras wrote, with its answers; small, and none reads as the others do.
KEPT = Path(__file__).parent / "cases/imported/keras.tar.xz"
KEPT_MODELS = ("models_in_models", "more_than_ten_of_a_class", "table_normalised")
FORMS = ("whole.h5", "whole.keras", "parts.json")
#: Files that are refused though the model can be read: in a .h5, Keras 3.0 names arrays of models within models without their layers.
UNREADABLE = ("keras-3.0.5/frozen_base.whole.h5",)
#: Of the largest logit.
LARGEST_DIFFERENCE = 1e-5


def save_all(model: Any, folder: Path, name: str) -> list[str]:
    """Write a model in all forms that this Keras has; return those that it can't write itself."""
    refused = []
    for form in FORMS:
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
    from tests import keras_models

    counts: Counter[tuple[str, str]] = Counter()
    models: Counter[str] = Counter()
    wrong = 0
    for answers in sorted(folder.glob("*/*.npz")):
        name = answers.name.removesuffix(".npz")
        for path in forms(answers):
            found, why = read_one(path, answers)
            where = f"{path.parent.name}/{path.name}"
            expected = "refused" if name in keras_models.REFUSED else "equal"
            expected = "unread" if where in UNREADABLE else expected
            if found.partition(":")[0] != expected:
                wrong += 1
                print(f"{where}: {found}, not {expected} {why}")
            elif verbose:
                print(f"{where}: {found} {why or ''}")
            short = found.partition(":")[0]
            counts[path.parent.name, short] += 1
            models[f"{short} {name}"] += 1
    for (environment, short), count in sorted(counts.items()):
        print(f"{environment}: {short} {count}")
    kinds = Counter(key.split()[0] for key in models)
    print(f"models: {dict(kinds)}; files: {sum(counts.values())}; not as expected: {wrong}")
    return 1 if wrong else 0


def kept(ending: str = "") -> dict[str, bytes]:
    """Return the packed files whose names end so, by their names."""
    with tarfile.open(KEPT) as archive:
        found = {one.name: archive.extractfile(one) for one in archive if one.name.endswith(ending)}
        return {name: file.read() for name, file in found.items() if file is not None}


def forms(answers: Path) -> list[Path]:
    """Return the files of the model that some answers are of."""
    name = answers.name.removesuffix(".npz")
    found = [answers.with_name(f"{name}.{form}") for form in FORMS]
    return [path for path in found if path.is_file()]


def read_one(path: Path, answers: Path) -> tuple[str, list[str]]:
    """Return what became of a file, and the layers that are in the way."""
    from snnc.diagnostics.errors import Refusal
    from snnc.importing.formats import read
    from snnc.importing.operations import Unsupported

    name = answers.name.removesuffix(".npz")
    weights = answers.with_name(f"{name}.weights.h5") if path.suffix == ".json" else None
    try:
        graph = read(path, weights)
    except Refusal as error:
        return f"unread: {error}", []
    why = [node.name for node in graph.nodes if isinstance(node.operation, Unsupported)]
    return ("refused" if why else outcome(graph, answers)), why


def keep(folder: Path) -> int:
    """Pack the files of a few small models, as each Keras wrote them, with its answers."""
    with tarfile.open(KEPT, "w:xz", preset=9) as archive:
        for name in KEPT_MODELS:
            for path in sorted(folder.glob(f"*/{name}.*")):
                member = tarfile.TarInfo(f"{path.parent.name}/{path.name}")
                member.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(member, file)
    print(f"{KEPT.name}: {KEPT.stat().st_size:,} bytes")
    return 0


def outcome(graph: Any, answers: Path) -> str:
    """Return whether a graph says what Keras said, and if it doesn't, how far it is off."""
    with np.load(answers) as arrays:
        x, y = arrays["x"], arrays["y"]
    # A graph has softmax for log_softmax: which class is the largest is the same.
    y = np.exp(y) if graph.output.kind.startswith("log_softmax") else y
    difference = np.abs(graph.apply(x) - y).max()
    return (
        "equal"
        if difference <= LARGEST_DIFFERENCE * np.abs(y).max()
        else f"wrong: {difference:.3g}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("make", "compare", "keep"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keras", default="keras", help="the module, such as tf_keras")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    if given.task == "compare":
        return compare(given.folder, given.verbose)
    if given.task == "keep":
        return keep(given.folder)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    make(given.folder, given.keras)
    return 0


if __name__ == "__main__":
    sys.exit(main())
