"""Items are taken as the spec's shape says; what each axis is stands in every hint, and axes of length 1 may be left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.pipeline import check_document, scripts
from snnc.program.item_shapes import (
    channels_first,
    image_hint,
    items_hint,
    same_items,
    series_hint,
)
from snnc.spec.read import from_data

Shape = tuple[int, ...]
Tables = dict[str, Any]


def window(size: int | list[int], **more: Any) -> Tables:
    return {"kind": "conv2d", "filters": 4, "kernel_size": size, **more}


def spec(shape: Shape, *layers: Tables, **tables: Any) -> Tables:
    return {
        "network": {"name": "small", "seed": 5},
        "data": {"kind": "npz", "path": "data.npz"},
        "input": {"shape": list(shape)},
        "layers": layers or (window(2), window(1)),
        "output": {"classes": 2},
        "train": {"batch_size": 4},
        **tables,
    }


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ((100, 6), (100, 1, 6), True),
        ((100, 1, 6), (100, 6), True),
        ((1, 28, 28), (28, 28, 1), True),
        ((28, 28), (1, 28, 28), True),
        ((28, 28, 1), (28, 28), True),
        ((784,), (28, 28, 1), True),
        ((28, 28, 1), (784,), True),
        ((1, 1, 5), (5,), True),
        ((5,), (1, 5, 1), True),
        ((1,), (1, 1), True),
        ((6, 100), (100, 1, 6), False),
        ((32, 32, 3), (3, 32, 32), False),
        ((28, 14, 2), (28, 28, 1), False),
        ((), (1,), False),
        ((27, 28), (28, 28, 1), False),
    ],
)
def test_axes_of_length_one_may_be_left_out(found: Shape, wanted: Shape, same: bool) -> None:
    assert same_items(found, wanted) == same


@pytest.mark.parametrize(
    ("found", "wanted", "hint"),
    [
        ((3, 32, 32), (32, 32, 3), 'write shape = [3, 32, 32] and axes = "channels_first" in [input]'),
        ((3, 32, 32), (3, 32, 33), 'write shape = [3, 32, 32] and axes = "channels_first" in [input]'),
        ((1, 28, 28), (14, 14, 1), 'write shape = [1, 28, 28] and axes = "channels_first" in [input]'),
        ((6, 5, 4), (5, 4, 6), 'write shape = [6, 5, 4] and axes = "channels_first" in [input]'),
        ((6, 100), (100, 1, 6), 'write shape = [6, 100, 1] and axes = "channels_first" in [input]'),
        ((32, 32, 3), (3, 32, 32), "write [32, 32, 3]: height, width, channels"),
        ((90, 6), (100, 1, 6), "write [90, 1, 6]: 90 samples in time, each with its 6 channels"),
        ((28, 28), (14, 14, 1), "write [28, 28, 1]: 28 rows of 28 pixels"),
        ((3072,), (28, 28, 1), "write [32, 32, 3] if an item is 32 rows of 32 pixels, each with its 3 channels"),
        ((784,), (14, 14, 1), "write [28, 28, 1] if an item is 28 rows of 28 pixels"),
        ((8,), (9,), "write [8]"),
        ((77,), (14, 14, 1), ""),
    ],
)  # fmt: skip
def test_hints_for_items_of_another_shape(found: Shape, wanted: Shape, hint: str) -> None:
    assert items_hint(found, wanted, images=True) == hint
    assert items_hint(found, wanted, images=False) == f"write {list(found)}"


@pytest.mark.parametrize(
    ("items", "hint"),
    [
        ((100, 6), "write shape = [100, 1, 6] in [input] for 100 samples in time, each with its 6 channels, or shape = [100, 6, 1] in [input] for 100 rows of 6 pixels"),
        ((28, 28), "write shape = [28, 28, 1] in [input] for 28 rows of 28 pixels, or shape = [28, 1, 28] in [input] for 28 samples in time, each with its 28 channels"),
        ((22, 1000), 'write shape = [22, 1000, 1] in [input] for 22 rows of 1000 pixels, or shape = [22, 1000, 1] and axes = "channels_first" in [input] for 1000 samples in time, each with its 22 channels'),
        ((784,), "write shape = [28, 28, 1] in [input] for 28 rows of 28 pixels, or shape = [784, 1, 1] in [input] for 784 samples in time"),
        ((90,), "write shape = [90, 1, 1] in [input] for 90 samples in time"),
        ((5, 28, 28, 1), ""),
    ],
)  # fmt: skip
def test_hints_for_items_that_are_no_images(items: Shape, hint: str) -> None:
    assert image_hint(items) == hint
    (found,) = snnc.check(spec(items))
    assert (found.code, found.hint) == ("layer-shape", hint)
    for shape in re.findall(r"shape = (\[.*?\])", hint):
        sides = [int(n) for n in shape[1:-1].split(",")]
        assert "layer-shape" not in [d.code for d in snnc.check(spec(tuple(sides), window(1)))]


@pytest.mark.parametrize(
    ("shape", "first"),
    [
        ((1, 28, 28), True),
        ((3, 32, 32), True),
        ((2, 34, 34), True),
        ((3, 64, 48), True),
        ((1, 22, 1000), True),
        ((1, 8, 8), True),
        ((28, 28, 1), False),
        ((32, 32, 3), False),
        ((1, 100, 6), False),
        ((100, 1, 6), False),
        ((4, 4, 1), False),
        ((2, 2, 2), False),
        ((28, 28), False),
    ],
)
def test_channels_first(shape: Shape, first: bool) -> None:
    assert channels_first(shape) == first
    found = [d for d in snnc.check(spec(shape, window(1), window(1))) if d.code == "channel-order"]
    assert bool(found) == first
    if found:
        last = f" if channels come first in the data, or shape = {[*shape[1:], shape[0]]}"
        assert found[0].hint.startswith('write axes = "channels_first"')
        assert (last in found[0].hint) == (shape[0] > 1)


@pytest.mark.parametrize(
    ("layers", "warned"),
    [
        ((window([1, 8]), window([1, 3])), False),
        ((window([1, 8]), window([3, 3], padding="same")), True),
        (({"kind": "dense", "units": 9}, {"kind": "dense", "units": 9}), False),
        (({"kind": "encoder"}, window(3, padding="same")), True),
        ((window(1), {"kind": "avg_pool2d", "pool_size": [1, 2]}, window(1)), False),
    ],
)
def test_who_looks_along_a_row_means_a_series(layers: tuple[Tables, ...], warned: bool) -> None:
    codes = [d.code for d in snnc.check(spec((1, 64, 64), *layers))]
    assert ("channel-order" in codes) == warned


@pytest.mark.parametrize(
    ("shape", "layer", "hint"),
    [
        ((100, 1, 6), window(8), 'write kernel_size = [8, 1], or padding = "same"'),
        ((1, 100, 6), window(8), 'write kernel_size = [1, 8], or padding = "same"'),
        ((5, 5, 1), window(7), 'write kernel_size = [5, 5], or padding = "same"'),
        ((100, 1, 6), {"kind": "avg_pool2d"}, 'write pool_size = [2, 1], or padding = "same"'),
    ],
)
def test_windows_that_are_too_large(shape: Shape, layer: Tables, hint: str) -> None:
    (found,) = snnc.check(spec(shape, layer, window(1)))
    assert (found.code, found.hint) == ("layer-shape", hint)


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ({"kind": "Conv1D"}, "did you mean 'conv1d'?"),
        ({"kind": "Convolution1D"}, "did you mean 'conv1d'?"),
        ({"kind": "MaxPooling1D"}, "write 'avg_pool1d': the chip has no maximum"),
        ({"kind": "average_pooling1d"}, "did you mean 'avg_pool1d'?"),
        ({"kind": "GlobalAveragePooling1D"}, "did you mean 'global_avg_pool1d'?"),
        ({"kind": "GlobalMaxPool1D"}, "write 'global_avg_pool1d': the chip has no maximum"),
    ],
)
def test_layers_along_one_axis(layer: Tables, hint: str) -> None:
    (found,) = (d for d in snnc.check(spec((100, 6), layer)) if d.code == "unknown-kind")
    assert found.hint == hint


def along(size: int, **more: Any) -> Tables:
    return {"kind": "conv1d", "filters": 4, "kernel_size": size, **more}


@pytest.mark.parametrize(
    ("items", "hint"),
    [
        ((90,), "write shape = [90, 1] in [input] for 90 samples in time"),
        ((90, 1, 6), "write shape = [90, 6] in [input] for 90 samples in time, each with its 6 channels"),
        ((1, 90, 6), "write shape = [90, 6] in [input] for 90 samples in time, each with its 6 channels"),
        ((28, 28, 1), ""),
    ],
)  # fmt: skip
def test_hints_for_items_that_are_no_series(items: Shape, hint: str) -> None:
    assert series_hint(items) == hint
    (found,) = snnc.check(spec(items, along(3)))
    assert (found.code, found.hint) == ("layer-shape", hint)
    for shape in re.findall(r"shape = (\[.*?\])", hint):
        sides = [int(n) for n in shape[1:-1].split(",")]
        assert "layer-shape" not in [d.code for d in snnc.check(spec(tuple(sides), along(3)))]


def test_windows_that_are_longer_than_a_series() -> None:
    (found,) = snnc.check(spec((7, 2), along(9)))
    assert (found.code, found.hint) == ("layer-shape", 'write kernel_size = 7, or padding = "same"')
    (found,) = snnc.check(spec((7, 2), along([3, 1])))  # type: ignore[arg-type]
    assert (found.code, found.at[:3]) == ("wrong-type", ("layers", 0, "kernel_size"))
    assert "one number" in found.message


def test_a_series_whose_channels_come_first() -> None:
    found = [d for d in snnc.check(spec((3, 200), along(1), along(1))) if d.code == "channel-order"]
    assert [d.hint for d in found] == [
        'write axes = "channels_first" in [input], or shape = [200, 3] if length comes first in the data'
    ]
    codes = [d.code for d in snnc.check(spec((200, 3), along(5), along(1)))]
    assert "channel-order" not in codes


#: What a file holds of an item, and the shape of the input.
HELD = [
    ((10, 3), (10, 1, 3)),
    ((1, 6, 5), (6, 5, 1)),
    ((30,), (10, 1, 3)),
    ((10, 1, 3), (10, 3)),
    ((1, 10, 3, 1), (10, 1, 3)),
]


@pytest.mark.parametrize(("held", "shape"), HELD)
@pytest.mark.parametrize("split", [False, True])
def test_memory_and_script_take_the_same_items(
    held: Shape, shape: Shape, split: bool, tmp_path: Path
) -> None:
    np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    from snnc.data.prepare import split as divided

    x, y = np.random.RandomState(0).normal(size=(20, *held)), np.arange(20) % 2
    arrays, data = {"x": x, "y": y}, {}
    if split:
        arrays = {"x_train": x[:15], "y_train": y[:15], "x_test": x[15:], "y_test": y[15:]}
        data = {name: name for name in arrays}
    np.savez(tmp_path / "data.npz", **arrays)
    layers = (window(1), window(1)) if len(shape) == 3 else (along(1), along(1))
    tables = spec(shape, *layers, data={"kind": "npz", "path": "data.npz", **data})
    program = check_document(Document(tmp_path / "small.toml", "", tables)).program
    found = divided(program)
    own = (found.x_train, found.y_train, found.x_test, found.y_test)
    text = scripts(program, tmp_path)[tmp_path / "small_train.py"]
    (function,) = re.findall(r"^def load_data.*?(?=^\S)", text, re.M | re.S)
    names: Tables = {"np": np, "DATA": tmp_path / "data.npz", "SEED": 5}
    exec(function, names)
    for ours, theirs in zip(own, names["load_data"](), strict=True):
        assert np.array_equal(ours, theirs)


def test_items_of_another_shape_are_refused_with_the_hint(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    from snnc.data.prepare import load

    tables = spec((32, 32, 3), window(3), window(3))
    program = check_document(Document(tmp_path / "small.toml", "", tables)).program
    np.savez(tmp_path / "data.npz", x=np.zeros((20, 3, 32, 32)), y=np.arange(20) % 2)
    hint = 'write shape = [3, 32, 32] and axes = "channels_first" in [input]'
    with pytest.raises(Refusal, match=re.escape(hint)):
        load(program)


def first(shape: Shape, *layers: Tables, **tables: Any) -> Tables:
    """Return a spec whose items have their channels first."""
    return {
        **spec(shape, *layers, **tables),
        "input": {"shape": list(shape), "axes": "channels_first"},
    }


@pytest.mark.parametrize(
    ("found", "wanted", "hint"),
    [
        ((32, 32, 3), (3, 32, 32), 'write shape = [32, 32, 3] and axes = "channels_last" in [input]'),
        ((1, 28, 28), (3, 32, 32), "write [1, 28, 28]"),
        ((90,), (3, 32, 32), ""),
    ],
)  # fmt: skip
def test_hints_where_channels_come_first(found: Shape, wanted: Shape, hint: str) -> None:
    assert items_hint(found, wanted, images=True, first=True) == hint


def test_a_series_with_channels_first_becomes_an_image() -> None:
    (found,) = snnc.check(first((6, 100), window(1)))
    hint = "write shape = [6, 100, 1] in [input] for 100 samples in time, each with its 6 channels"
    assert (found.code, found.hint) == ("layer-shape", hint)
    program = check_document(
        from_data(first((6, 100, 1), window(1), window(1)), Path("x.toml"))
    ).program
    assert program.network.input_shape == (100, 1, 6)


def test_a_row_has_no_channels() -> None:
    (found,) = snnc.check(first((16,), {"kind": "dense", "units": 4}))
    assert (found.code, found.at) == ("conflicting-keys", ("input", "axes"))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28)])
def test_whoever_follows_the_hint_has_images(shape: Shape) -> None:
    for layers in ((window(1), window(3)), (window(1), window(3, padding="same"))):
        before, after = (make(shape, *layers) for make in (spec, first))
        (found,) = (d for d in snnc.check(before) if d.code in ("channel-order", "layer-shape"))
        assert found.hint.startswith('write axes = "channels_first"')
        assert [d.code for d in snnc.check(after)] == ["missing-file"]


@pytest.mark.parametrize("held", [(3, 4, 5), (60,), (1, 3, 4, 5)])
def test_channels_become_the_last_axis(held: Shape, tmp_path: Path) -> None:
    """In what is trained on, in what is held out, and in items that are given later."""
    np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
    from snnc.data.prepare import as_seen, load
    from snnc.data.unseen import unseen
    from snnc.training.params_file import save_test

    x, y = np.random.RandomState(0).randint(0, 99, (20, *held)), np.arange(20) % 2
    np.savez(tmp_path / "data.npz", x=x, y=y)
    tables = first(
        (3, 4, 5),
        window(1),
        window(2),
        data={"kind": "npz", "path": "data.npz", "scale": {"divide": [1, 2, 4]}},
    )
    program = check_document(Document(tmp_path / "small.toml", "", tables)).program
    data = load(program)
    last = x.reshape(20, 3, 4, 5).transpose(0, 2, 3, 1)
    ours = np.concatenate([data.held_out.x, (data.x_train * data.scale + data.shift)])
    assert {item.tobytes() for item in ours.astype(int)} == {
        item.tobytes() for item in last.astype(int)
    }
    # Each channel is divided by its own number.
    assert np.array_equal(
        data.x_test.reshape(-1, 4, 5, 3), data.held_out.x.reshape(-1, 4, 5, 3) / [1, 2, 4]
    )
    assert np.array_equal(as_seen(program, x), last.reshape(20, -1))
    assert np.array_equal(unseen(program, tmp_path / "data.npz").x[:], last.reshape(20, -1))
    # What was held out is held out with channels last.
    save_test(tmp_path / "small.test.npz", data)
    again = unseen(program, tmp_path / "small.test.npz")
    assert np.array_equal(again.x[:], data.held_out.x)


def test_images_of_keras_have_their_channels_last() -> None:
    data = {"kind": "keras", "name": "cifar10"}
    tables = first((3, 32, 32), window(1), window(3), data=data, output={"classes": 10})
    (found,) = (d for d in snnc.check(tables) if d.code == "data-shape")
    assert found.hint == 'write shape = [32, 32, 3] and axes = "channels_last" in [input]'
