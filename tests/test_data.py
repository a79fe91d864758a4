"""Data are split and scaled as scikit-learn does, and what can't be used is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.pipeline import check_document
from snnc.program.program import Program

pytest.importorskip("sklearn", reason="scikit-learn comes with snnc[run]")


def program(folder: Path, data: dict[str, Any], shape: list[int], classes: int = 3) -> Program:
    spec = {
        "network": {"name": "small", "seed": 5},
        "data": data,
        "input": {"shape": shape},
        "layers": [{"kind": "dense", "units": 8}, {"kind": "dense", "units": 6}],
        "output": {"classes": classes},
        "train": {"batch_size": 4},
    }
    return check_document(Document(folder / "small.toml", "", spec)).program


def arrays(folder: Path, **changes: Any) -> dict[str, Any]:
    rng = np.random.RandomState(0)
    x = rng.uniform(-3, 9, (31, 5))
    x[:, 2] = 4
    found = {"x": x, "y": np.arange(31) % 3, **changes}
    np.savez(folder / "data.npz", **found)
    return found


@pytest.mark.parametrize("scale", ["none", "unit", "signed", "standard"])
def test_scaling_is_fitted_on_the_training_items(scale: str, tmp_path: Path) -> None:
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    from snnc.data.prepare import load

    x = arrays(tmp_path)["x"]
    found = load(program(tmp_path, {"kind": "npz", "path": "data.npz", "scale": scale}, [5]))
    order = np.random.RandomState(5).permutation(31)
    train, test = x[order[7:]], x[order[:7]]
    if scale == "none":
        wanted = test
    elif scale == "standard":
        wanted = StandardScaler().fit(train).transform(test)
    else:
        scaler = MinMaxScaler((0 if scale == "unit" else -1, 1)).fit(train.reshape(-1, 1))
        wanted = scaler.transform(test.reshape(-1, 1)).reshape(test.shape)
    assert np.allclose(found.x_test, wanted)
    assert np.array_equal(found.held_out.x, test), "a fifth, rounded up"


def test_images_become_flat(tmp_path: Path) -> None:
    from snnc.data.prepare import load

    x = np.random.RandomState(0).randint(0, 256, (31, 4, 3)).astype(np.uint8)
    arrays(tmp_path, x=x)
    found = load(program(tmp_path, {"kind": "npz", "path": "data.npz", "scale": "none"}, [4, 3, 1]))
    test = np.random.RandomState(5).permutation(31)[:7]
    assert np.array_equal(found.x_test, x[test].reshape(7, 12))
    assert found.x_test.dtype == float
    assert np.array_equal(found.held_out.x, x[test].reshape(7, 12))
    assert found.held_out.x.dtype == np.uint8, "as they are in the source"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": np.arange(31) % 4}, "label 3 of 'y' is 3; with 3 classes labels go from 0 to 2"),
        ({"y": np.arange(31) % 3 - 1}, "label 0 of 'y' is -1"),
        ({"x": np.full((31, 5), np.nan)}, "item 0 of 'x' has the value nan at 0"),
        (
            {"x": np.where(np.arange(155).reshape(31, 5) == 58, np.inf, 1.0)},
            "item 11 of 'x' has the value inf at 3",
        ),
    ],
)
def test_values_that_cannot_be_used(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    from snnc.data.prepare import load

    arrays(tmp_path, **changes)
    with pytest.raises(Refusal, match=message):
        load(program(tmp_path, {"kind": "npz", "path": "data.npz"}, [5]))


def test_values_that_never_vary(tmp_path: Path) -> None:
    from snnc.data.prepare import load

    arrays(tmp_path, x=np.ones((31, 5)))
    with pytest.raises(Refusal, match="all training values are 1"):
        load(program(tmp_path, {"kind": "npz", "path": "data.npz", "scale": "unit"}, [5]))


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer"])
def test_what_is_said_of_scikit_learns_data_is_true(name: str, tmp_path: Path) -> None:
    import sklearn.datasets

    from snnc.spec.sources.sklearn import Source as Sklearn

    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    said = Sklearn(kind="sklearn", name=name)  # type: ignore[arg-type]
    assert (len(x), x.shape[1], len(set(y))) == (said.items, *said.item_shape, said.classes)
