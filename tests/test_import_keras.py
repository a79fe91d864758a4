"""A model that Keras saved is, read without Keras, the model that Keras has: in each form that it saves, of each of its versions."""

from __future__ import annotations

import importlib
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import keras_models
from tests.foreign_models import FORMS, KEPT_MODELS, forms, read_one, save_all
from tests.foreign_models import kept as kept_files

pytest.importorskip("h5py")

#: Those that this Python has; `keras` is Keras 2 or Keras 3.
KERAS = [name for name in ("keras", "tf_keras") if importlib.util.find_spec(name)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    for name, held in kept_files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(held)
    return folder


def test_kept_files_of_every_version(kept: Path) -> None:
    """Files that five versions of Keras wrote, against what they answered."""
    versions: Counter[str] = Counter()
    for answers in sorted(kept.glob("*/*.npz")):
        for path in forms(answers):
            assert read_one(path, answers) == ("equal", []), path
            versions[path.parent.name] += 1
    assert len(versions) >= 5
    # Keras 3.0 can't write all models within models as .h5.
    assert all(count >= len(KEPT_MODELS) * len(FORMS) - 1 for count in versions.values()), versions


def test_a_file_is_known_by_its_bytes(kept: Path, tmp_path: Path) -> None:
    for path in sorted(kept.glob("*/more_than_ten_of_a_class.whole.*")):
        answers = path.with_name("more_than_ten_of_a_class.npz")
        renamed = tmp_path / "network.txt"
        renamed.write_bytes(path.read_bytes())
        assert read_one(renamed, answers) == ("equal", [])


def test_names_and_shapes(kept: Path) -> None:
    from snnc.importing.formats import read

    graph = read(next(kept.glob("keras-3*/models_in_models.whole.keras")))
    assert graph.written_by.startswith("Keras 3.")
    names = [node.name for node in graph.nodes]
    assert names[1:4] == ["whole/stem", "whole/block/conv", "whole/block/deep/mixed"]
    assert names[-1] == "mixed_up"
    assert graph.input.shape == (12, 12, 1)
    for node in graph.nodes[1:]:
        x = np.random.RandomState(0).normal(size=(2, *graph.input.shape))
        assert graph.apply(x, until=node.name).shape[1:] == node.shape


@pytest.mark.slow
@pytest.mark.parametrize("module", KERAS)
@pytest.mark.parametrize("name", [*keras_models.READ, *keras_models.REFUSED])
def test_what_this_keras_writes(name: str, module: str, tmp_path: Path) -> None:
    keras = _keras(module)
    keras.backend.clear_session()
    model, x, y = keras_models.made(keras, name)
    answers = tmp_path / f"{name}.npz"
    np.savez(answers, x=x, y=y)
    assert save_all(model, tmp_path, name) == []
    for path in forms(answers):
        found, why = read_one(path, answers)
        if name in keras_models.READ:
            assert found == "equal", (path.name, found, why)
        else:
            assert found == "refused", (path.name, found)


@pytest.mark.slow
@pytest.mark.parametrize("module", KERAS)
def test_what_does_nothing_in_keras_does_nothing_here(module: str) -> None:
    """Dropout and its like, asked of Keras itself: outside of training each returns what it is given."""
    from snnc.importing.keras_layers import ONLY_IN_TRAINING

    layers = _keras(module).layers
    x = np.random.RandomState(0).uniform(0, 1, (2, 8, 8, 3)).astype("float32")
    asked = 0
    for kind in ONLY_IN_TRAINING:
        if not hasattr(layers, kind):
            continue  # in Keras 2, Identity
        series = kind.endswith("1D")
        given = x[:, 0] if series else x
        arguments: tuple[Any, ...] = (
            () if kind in ("Identity", "ActivityRegularization") else (0.3,)
        )
        arguments = ("horizontal",) if kind == "RandomFlip" else arguments
        arguments = (0.3, 0.3) if kind == "RandomTranslation" else arguments
        out = np.asarray(getattr(layers, kind)(*arguments)(given, training=False))
        assert np.array_equal(out, given), kind
        asked += 1
    assert asked >= len(ONLY_IN_TRAINING) - 1


def _keras(module: str) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if module == "keras" and "tf_keras" in KERAS:
        # NengoDL's neighbour sets this for Keras 2; the package keras is Keras 3 all the same.
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    assert sys.version_info >= (3, 10)
    return importlib.import_module(module)
