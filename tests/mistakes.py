"""Specs and data with mistakes that people make: values, labels, keys of Keras, names, types, units, wrong places."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.following import Case, Tables
from tests.tables_of_data import Table

Array = NDArray[Any]


def case(seed: int) -> Case:
    """Return a pair of spec and data with some mistakes, the same for the same seed."""
    chance = random.Random(seed)
    classes = chance.choice([2, 3, 4])
    table = _table(chance, classes)
    tables = _spec(chance, table, classes)
    _classes(chance, tables, classes, table)
    for mistake in chance.sample(MISTAKES, chance.choice([0, 1, 2, 3, 5])):
        mistake(tables, chance)
    return Case(tables, table)


def _table(chance: random.Random, classes: int) -> Table:
    """Return items around a centre for each class, in some form."""
    numbers = np.random.RandomState(chance.randrange(10**6))
    is_image, n = chance.random() < 0.4, chance.randrange(100, 180)
    side = chance.choice([5, 6, 8])
    shape: tuple[int, ...] = (side, side, 1) if is_image else (chance.randrange(4, 13),)
    y = np.arange(n) % classes
    numbers.shuffle(y)
    x = 2 * numbers.normal(size=(classes, *shape))[y] + 0.5 * numbers.normal(size=(n, *shape))
    x = chance.choice(IMAGES if is_image else VALUES)(x, numbers)
    if is_image and chance.random() < 0.3:
        x = x[..., 0]
    kind = "csv" if not is_image and chance.random() < 0.5 else "npz"
    held_out = n // 4 if kind == "npz" and chance.random() < 0.4 else 0
    table = Table(x, y, kind, held_out)
    if kind == "csv":
        table = Table(
            x,
            y,
            kind,
            0,
            chance.choice([",", ",", ";", "\t"]),
            chance.random() < 0.8,
            chance.choice(["", " "]),
        )
    return chance.choice(FAULTS)(table, numbers)


def _plain(x: Array, _: Any) -> Array:
    return x


def _pixels(x: Array, _: Any) -> Array:
    scaled = np.rint(255 * (x - x.min()) / np.ptp(x))
    if x.ndim == 4:
        scaled[:, 0] = 0
    return scaled


def _columns(x: Array, _: Any) -> Array:
    """Columns of very different ranges."""
    return x * np.geomspace(0.01, 1000, x.shape[-1])


VALUES: list[Callable[[Array, Any], Array]] = [
    _plain,
    _pixels,
    _columns,
    lambda x, _: (x - x.min()) / np.ptp(x),
    lambda x, _: 0.001 * x,
    lambda x, _: 100 * x,
    lambda x, _: x + 50,
    lambda x, _: 0.02 * x + 3,
    lambda x, _: np.exp(1.5 * x),
    lambda x, _: x - x.max() - 1,
    lambda x, chance: np.where(chance.uniform(size=x.shape) < 0.003, 60 * x, x),
    lambda x, _: np.concatenate([x, np.full((len(x), 2), 7.0)], axis=1),
    lambda x, _: _columns(np.exp(x), None),
]
IMAGES: list[Callable[[Array, Any], Array]] = [
    *(_plain, _pixels, _pixels),
    lambda x, _: (x - x.min()) / np.ptp(x),
    lambda x, _: 0.001 * x,
    lambda x, _: -40 + 3 * x,
    lambda x, chance: np.where(chance.uniform(size=x.shape) < 0.003, 60 * x, x),
]


def _sound(table: Table, _: Any) -> Table:
    return table


def _surprise(table: Table, _: Any) -> Table:
    """A value that varies in testing alone."""
    x = table.x.copy()
    if table.held_out:
        flat = x.reshape(len(x), -1)
        flat[: -table.held_out, 0] = 0
        flat[-table.held_out :, 0] = 300 * flat[-table.held_out :, 1]
    return table.__class__(**{**vars(table), "x": x})


def _gap(table: Table, chance: Any) -> Table:
    x = table.x.astype(float)
    x[chance.randint(len(x))] = np.nan
    return table.__class__(**{**vars(table), "x": x}) if table.kind == "npz" else table


def _leak(table: Table, _: Any) -> Table:
    x, y = table.x.copy(), table.y.copy()
    x[-5:], y[-5:] = x[:5], y[:5]
    return table.__class__(**{**vars(table), "x": x, "y": y})


def _in_order(table: Table, _: Any) -> Table:
    n = len(table.x) - table.held_out
    order = np.concatenate([np.arange(n), n + np.argsort(table.y[n:], kind="stable")])
    return table.__class__(**{**vars(table), "x": table.x[order], "y": table.y[order]})


def _indexed(table: Table, _: Any) -> Table:
    is_table = table.kind == "csv" and table.header
    return table.__class__(**{**vars(table), "has_index": is_table})


FAULTS: list[Callable[[Table, Any], Table]] = [
    *(_sound, _sound, _sound),
    *(_surprise, _gap, _leak, _in_order, _indexed),
]


def _spec(chance: random.Random, table: Table, classes: int) -> Tables:
    split = ("x_train", "y_train", "x_test", "y_test")
    data: Tables = {"kind": table.kind, "path": f"data.{table.kind}"}
    data |= {key: key for key in split} if table.held_out else {}
    if table.kind == "csv" and chance.random() < 0.8:
        data |= {"delimiter": table.delimiter, "header": table.header}
    if chance.random() < 0.75:
        data["scale"] = chance.choice(["none", "unit", "signed", "standard"])
    neurons: Tables = {"kind": chance.choice(["lif", "lif", "spiking_relu", "loihi_spiking_relu"])}
    if chance.random() < 0.4:
        neurons["max_rate"] = chance.choice([5, 20, 100, 200, 250, 400, 900])
    shape = list(table.x.shape[1:])
    is_image = len(shape) > 1
    return {
        "targets": chance.choice([["nengo_dl"], ["nengo_dl", "loihi"], ["nengo_dl", "loihi"]]),
        "network": {"name": "made"},
        "data": data,
        "input": {"shape": shape},
        "presentation": {"time": chance.choice([0.1, 0.1, 0.2, 0.03, 100])},
        "neurons": neurons,
        "layers": _images(chance) if is_image else _rows(chance),
        "output": {"classes": classes},
        "train": {"epochs": 15, "batch_size": chance.choice([10, 10, 200])},
    }


def _rows(chance: random.Random) -> list[Tables]:
    encoder = {"kind": "encoder", "mode": chance.choice(["identity", "on_off"])}
    first = chance.choice([encoder, encoder, {"kind": "dense", "units": 24}])
    return [first, {"kind": "dense", "units": 20}]


def _images(chance: random.Random) -> list[Tables]:
    encoder = {"kind": "encoder", "mode": chance.choice(["identity", "on_off"])}
    conv = {"kind": "conv2d", "filters": 6, "kernel_size": 3}
    pool = {"kind": "avg_pool2d"}
    return copy_of(
        chance.choice(
            [
                [encoder, conv],
                [encoder, conv, pool],
                [pool, encoder, {"kind": "dense", "units": 20}],
                [{**conv, "kernel_size": 1}, conv, {"kind": "dense", "units": 16}],
                [
                    encoder,
                    {**conv, "filters": 12},
                    {"kind": "GlobalAveragePooling2D"},
                    {"kind": "dense", "units": 16},
                ],
            ]
        )
    )


def copy_of(layers: list[Tables]) -> list[Tables]:
    return [dict(layer) for layer in layers]


def _classes(chance: random.Random, tables: Tables, classes: int, table: Table) -> None:
    """Write labels in some form into the data, and something about them into the spec."""
    forms: list[Callable[[Array], Array]] = [
        *(lambda y: y, lambda y: y, lambda y: y + 1),
        *(lambda y: 10 * (y + 1), lambda y: y.astype(float)),
    ]
    names = np.array(["Cat", "dog", "3 Fish", "x"])
    if table.kind == "csv":
        forms += [lambda y: names[y], lambda y: (y + 1).astype(float), lambda y: names[y]]
    else:
        forms += [
            lambda y: y[:, None],
            lambda y: y[:, None, None],
            lambda y: np.eye(classes)[y],
            lambda y: y.astype(str),
        ]
    if classes == 2:
        forms.append(lambda y: 2 * y - 1)
    if table.kind == "npz" and not table.held_out:
        forms.append(lambda y: y[None])
    object.__setattr__(table, "y", chance.choice(forms)(table.y))
    if chance.random() < 0.3:
        tables["output"]["classes"] = chance.choice([2, 3, 4, 10])
    if chance.random() < 0.3:
        listed = chance.choice([["cat", "Dog", "fish", "y"], ["1", "2", "3", "4"], names.tolist()])
        tables["output"]["labels"] = listed[: chance.choice([classes, 4])]


def _layer(tables: Tables, chance: random.Random, *kinds: str) -> Tables:
    """Return one of the layers, of these kinds if there is one."""
    meant = [layer for layer in tables["layers"] if layer["kind"] in kinds]
    found: Tables = chance.choice(meant or tables["layers"])
    return found


def _set(table: str, **keys: Any) -> Callable[[Tables, random.Random], None]:
    def mistake(tables: Tables, _: random.Random) -> None:
        tables.setdefault(table, {}).update(keys)

    return mistake


def _on_layer(key: str, *values: Any) -> Callable[[Tables, random.Random], None]:
    def mistake(tables: Tables, chance: random.Random) -> None:
        _layer(tables, chance, "dense", "conv2d")[key] = chance.choice(values)

    return mistake


def _insert(*layers: Tables) -> Callable[[Tables, random.Random], None]:
    def mistake(tables: Tables, chance: random.Random) -> None:
        at = chance.randrange(1, len(tables["layers"]) + 1)
        tables["layers"][at:at] = [dict(layer) for layer in layers]

    return mistake


def _first(layer: Tables) -> Callable[[Tables, random.Random], None]:
    return lambda tables, _: tables["layers"].insert(0, dict(layer))


def _reshape(tables: Tables, _: random.Random) -> None:
    shape = list(tables["input"]["shape"])
    tables["layers"].insert(0, {"kind": "reshape", "target_shape": shape})
    tables["input"]["shape"] = [int(np.prod(shape))]


def _branches(tables: Tables, chance: random.Random) -> None:
    first = tables["layers"][0]
    tables["layers"] = [
        {**first, "name": "Stem"},
        {"kind": "dense", "units": 12, "name": "left", "from": ["Stem"]},
        {"kind": "dense", "units": 12, "name": "Right_1", "from": ["Stem"]},
        {"kind": chance.choice(["add", "Concatenate"]), "from": ["left", "Right_1"]},
        {"kind": "dense", "units": 16},
    ]


def _numbers_as_text(tables: Tables, chance: random.Random) -> None:
    table = chance.choice([tables["train"], tables["output"], tables["network"]])
    key = chance.choice(
        [key for key in table if key not in ("labels", "name", "optimizer")] or ["seed"]
    )
    table[key] = str(table.get(key, 3))


def _capital_kinds(tables: Tables, _: random.Random) -> None:
    for layer in tables["layers"]:
        layer["kind"] = {"dense": "Dense", "conv2d": "Conv2D"}.get(layer["kind"], layer["kind"])


def _units(tables: Tables, _: random.Random) -> None:
    tables["output"]["units"] = tables["output"].pop("classes", 3)


def _wrong_shape(tables: Tables, chance: random.Random) -> None:
    shape = tables["input"]["shape"]
    if len(shape) == 1:
        tables["input"]["shape"] = chance.choice([[shape[0] + 1], [*shape, 1], [1, *shape]])


def _from_elsewhere(tables: Tables, _: random.Random) -> None:
    tables["network"]["epochs"] = tables["train"].pop("epochs")
    tables["train"]["dt"] = 0.001


#: What people do who come from elsewhere.
MISTAKES: list[Callable[[Tables, random.Random], None]] = [
    _set("train", learning_rate=0.002),
    _set("train", lr=0.005, optimizer="Adam"),
    _set("train", optimizer="RMSprop", momentum=0.5),
    _set("train", reduce_lr_on_plateau={"monitor": "val_loss", "factor": 0.5, "patience": 2, "verbose": 1}),
    _set("train", learning_rate_schedule="CosineDecay"),
    _set("train", metrics=["accuracy"], loss="categorical_crossentropy", shuffle=True),
    _set("train", validation_split=0.1, patience=3, restore_best_weights=True),
    _set("train", early_stopping=3),
    _set("train", early_stopping={"patience": 4, "mode": "auto", "monitor": "val_acc"}),
    _set("train", class_weight="balanced"),
    _set("train", seed=3, callbacks=["EarlyStopping"]),
    _set("train", weight_decay=0.001),
    _set("output", activation="softmax"),
    _set("network", name="My-Net 2"),
    _set("neurons", tau_rc=20),
    _set("synapses", layer=0.005),
    _on_layer("activation", "relu", "tanh"),
    _on_layer("kernel_regularizer", "l2", "l1_l2", {"l2": 0.0001}, 0.0001),
    _on_layer("kernel_initializer", "he_normal"),
    _on_layer("dropout", 0.1),
    _on_layer("max_rate", 150),
    _on_layer("batch_normalization", True),
    _on_layer("name", "Hidden Layer"),
    _insert({"kind": "Activation", "activation": "relu"}),
    _insert({"kind": "BatchNormalization"}, {"kind": "ReLU"}),
    _insert({"kind": "Dropout", "rate": 0.1}),
    _insert({"kind": "Flatten"}),
    _insert({"kind": "Dense", "units": 16, "activation": "relu"}),
    _first({"kind": "InputLayer", "shape": [3]}),
    _reshape,
    _branches,
    _numbers_as_text,
    _capital_kinds,
    _units,
    _wrong_shape,
    _from_elsewhere,
]  # fmt: skip
