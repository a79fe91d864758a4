"""Files that must be refused, each made by a function: with links, of other formats, damaged, or with layers that a spec can't say.

A function writes into a folder and returns what to name to `snnc import`: the file, or the file and its weights.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.formats import read
from snnc.importing.operations import Unsupported

Named = tuple[Path, Path | None]
Make = Callable[[Path], Any]
MADE: dict[str, Make] = {}
#: A layer, what else its call is given, and its arrays.
Entry = tuple[dict[str, Any], Sequence[np.ndarray]]


def message(name: str, folder: Path) -> str:
    """Make a file, and return what is said of it; a traceback, or a file more in the folder, is an error."""
    made = MADE[name](folder)
    path, weights = made if isinstance(made, tuple) else (made, None)
    before = sorted(folder.rglob("*"))
    try:
        graph = read(path, weights)
    except Refusal as error:
        said = str(error)
    else:
        nodes = [node for node in graph.nodes if isinstance(node.operation, Unsupported)]
        assert nodes, f"{name} is read"
        said = "\n".join(_of(node.name, node.kind, node.operation) for node in nodes)
    assert sorted(folder.rglob("*")) == before
    return said.replace(f"{folder.as_posix()}/", "") + "\n"


def _of(name: str, kind: str, operation: Any) -> str:
    return f"{name} ({kind}): {operation.reason}\n    {operation.advice}"


def make(function: Make) -> Make:
    MADE[function.__name__] = function
    return function


def dense(name: str, before: int, units: int, **settings: Any) -> Entry:
    config = {"units": units, "activation": "linear", "use_bias": True} | settings
    return layer("Dense", name, **config), (np.ones((before, units), "f4"), np.zeros(units, "f4"))


def layer(kind: str, name: str, **settings: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, "trainable": True, **settings}}


def inputs(*shape: int | None, name: str = "items") -> Entry:
    return layer("InputLayer", name, batch_input_shape=[None, *shape]), ()


def sequential(entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "class_name": "Sequential",
        "config": {"name": "model", "layers": [one for one, _ in entries]},
    }


def functional(
    entries: Sequence[tuple[Entry, Sequence[Any]]], outputs: Sequence[str]
) -> dict[str, Any]:
    """Return a model whose layers each come with the names that they read: one list a use."""
    layers = []
    for (one, _), uses in entries:
        name = one["config"]["name"]
        nodes = [[[source, 0, 0, {}] for source in use] for use in uses]
        layers.append({**one, "name": name, "inbound_nodes": nodes})
    first = [one["name"] for one in layers if one["class_name"] == "InputLayer"]
    ends: dict[str, Any] = {
        "input_layers": [[name, 0, 0] for name in first],
        "output_layers": [[name, 0, 0] for name in outputs],
    }
    return {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}


def write_h5(path: Path, model: Any, entries: Sequence[Entry]) -> Path:
    """Write a `.h5` as Keras 2 does; without a model, the weights alone."""
    with h5py.File(path, "w") as file:
        group = file
        if model is not None:
            file.attrs["model_config"] = json.dumps(model)
            file.attrs["keras_version"] = "2.12.0"
            group = file.create_group("model_weights")
        names = [one["config"]["name"] for one, _ in entries]
        group.attrs["layer_names"] = np.array(names, "S")
        for name, (_, arrays) in zip(names, entries, strict=True):
            own = group.create_group(name)
            paths = [f"{name}/array_{number}:0" for number in range(len(arrays))]
            own.attrs["weight_names"] = np.array(paths, "S") if paths else np.zeros(0, "S1")
            for key, array in zip(paths, arrays, strict=True):
                own.create_dataset(key, data=array)
    return path


def write_keras(path: Path, model: Any, weights: bytes, **members: str | bytes) -> Path:
    """Write a `.keras` as Keras 3 does, with the members given in the place of its own."""
    held: dict[str, str | bytes] = {
        "metadata.json": json.dumps({"keras_version": "3.8.0"}),
        "config.json": json.dumps(model),
        "model.weights.h5": weights,
        **members,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return path


def numbered(groups: dict[str, Sequence[np.ndarray]], names: dict[str, str] | None = None) -> bytes:
    """Return the weights in a `.keras`: the arrays of each group of a layer, and the layers' names beside them."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for group, arrays in groups.items():
            own = file.create_group(f"layers/{group}/vars")
            if names:
                own.attrs["name"] = names[group]
            for number, array in enumerate(arrays):
                own.create_dataset(str(number), data=array)
    return held.getvalue()


#: A network that would be read.
SMALL: list[Entry] = [inputs(4), dense("hidden", 4, 8, activation="relu"), dense("classes", 8, 3)]


def small_h5(folder: Path) -> Path:
    return write_h5(folder / "model.h5", sequential(SMALL), SMALL)


def small_weights() -> bytes:
    return numbered({"dense": SMALL[1][1], "dense_1": SMALL[2][1]})


def of_layers(folder: Path, *entries: Entry) -> Path:
    return write_h5(folder / "model.h5", sequential(entries), entries)


def of_graph(folder: Path, *entries: tuple[Entry, Sequence[Any]], outputs: Sequence[str]) -> Path:
    held = [entry for entry, _ in entries]
    return write_h5(folder / "model.h5", functional(entries, outputs), held)


# Files that lead elsewhere.


@make
def external_link(folder: Path) -> Path:
    path = small_h5(folder)
    small_h5(folder).replace(folder / "other.h5")
    small_h5(folder)
    with h5py.File(path, "r+") as file:
        del file["model_weights/hidden/hidden"]
        file["model_weights/hidden/hidden"] = h5py.ExternalLink(
            "other.h5", "/model_weights/hidden/hidden"
        )
    return path


@make
def soft_link(folder: Path) -> Path:
    path = small_h5(folder)
    with h5py.File(path, "r+") as file:
        file["model_weights/again"] = h5py.SoftLink("/model_weights/hidden")
    return path


@make
def external_storage(folder: Path) -> Path:
    path = small_h5(folder)
    (folder / "secret").write_bytes(bytes(128))
    with h5py.File(path, "r+") as file:
        del file["model_weights/hidden/hidden/array_0:0"]
        file.create_dataset(
            "model_weights/hidden/hidden/array_0:0",
            (4, 8),
            "f4",
            external=[((folder / "secret").as_posix(), 0, 128)],
        )
    return path


@make
def virtual_array(folder: Path) -> Path:
    path = small_h5(folder)
    layout = h5py.VirtualLayout((4, 8), "f4")
    layout[:] = h5py.VirtualSource((folder / "other.h5").as_posix(), "weights", shape=(4, 8))
    with h5py.File(path, "r+") as file:
        del file["model_weights/hidden/hidden/array_0:0"]
        file.create_virtual_dataset("model_weights/hidden/hidden/array_0:0", layout)
    return path


@make
def link_in_an_archive(folder: Path) -> Path:
    held = io.BytesIO(small_weights())
    with h5py.File(held, "r+") as file:
        file["layers/dense/vars/2"] = h5py.ExternalLink("/etc/hostname", "/")
    return write_keras(folder / "model.keras", sequential(SMALL), held.getvalue())


@make
def member_outside(folder: Path) -> Path:
    extra = {"../../outside.h5": b""}
    return write_keras(folder / "model.keras", sequential(SMALL), small_weights(), **extra)


@make
def member_twice(folder: Path) -> Path:
    path = write_keras(folder / "model.keras", sequential(SMALL), small_weights())
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("config.json", json.dumps(sequential(SMALL[:2])))
    return path


# Files that unpack to more than they should.


@make
def zip_bomb(folder: Path) -> Path:
    path = write_keras(folder / "model.keras", sequential(SMALL), b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * 2**24)
        archive.writestr("metadata.json", "{}")
    return path


@make
def array_bomb(folder: Path) -> Path:
    path = small_h5(folder)
    with h5py.File(path, "r+") as file:
        file["model_weights"].create_dataset(
            "huge", (2**20, 2**14), "f4", chunks=(64, 64), compression="gzip"
        )
    return path


@make
def nested_without_end(folder: Path) -> Path:
    model: Any = sequential(SMALL)
    for _ in range(40):
        model = {"class_name": "Sequential", "config": {"name": "model", "layers": [model]}}
    return write_h5(folder / "model.h5", model, SMALL)


@make
def brackets_without_end(folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text('{"class_name": ' + "[" * 200_000)
    return path


# Other formats.


@make
def a_pickle(folder: Path) -> Path:
    path = folder / "model.pkl"
    path.write_bytes(pickle.dumps({"weights": [1.0, 2.0]}, protocol=2))
    return path


@make
def torch_archive(folder: Path) -> Path:
    path = folder / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({"fc.weight": 1}))
        archive.writestr("model/version", "3")
    return path


@make
def saved_model(folder: Path) -> Path:
    path = folder / "trained"
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x10")
    return path


@make
def part_of_a_saved_model(folder: Path) -> Path:
    return saved_model(folder) / "saved_model.pb"


@make
def unpacked_archive(folder: Path) -> Path:
    path = folder / "model"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(sequential(SMALL)))
    (path / "model.weights.h5").write_bytes(small_weights())
    return path


@make
def tensorflow_lite(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(100))
    return path


@make
def tensorflow_js(folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(
        json.dumps({"format": "layers-model", "modelTopology": {}, "weightsManifest": []})
    )
    return path


@make
def safetensors(folder: Path) -> Path:
    header = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    path = folder / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    return path


@make
def numpy_archive(folder: Path) -> Path:
    np.savez(folder / "model.npz", kernel=np.ones((2, 2)))
    return folder / "model.npz"


@make
def note_of_git_lfs(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    return path


@make
def web_page(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_text("<!DOCTYPE html><html></html>")
    return path


@make
def text(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_text("weights to follow")
    return path


@make
def folder_of_nothing(folder: Path) -> Path:
    (folder / "model").mkdir()
    return folder / "model"


# Parts that are missing, and damage.


@make
def empty(folder: Path) -> Path:
    path = folder / "model.h5"
    path.write_bytes(b"")
    return path


@make
def truncated_h5(folder: Path) -> Path:
    path = small_h5(folder)
    path.write_bytes(path.read_bytes()[:4096])
    return path


@make
def truncated_archive(folder: Path) -> Path:
    path = write_keras(folder / "model.keras", sequential(SMALL), small_weights())
    path.write_bytes(path.read_bytes()[:2000])
    return path


@make
def weights_alone(folder: Path) -> Path:
    return write_h5(folder / "weights.h5", None, SMALL)


@make
def architecture_alone(folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(json.dumps(sequential(SMALL)))
    return path


@make
def architecture_with_a_checkpoint(folder: Path) -> Named:
    (folder / "model.index").write_bytes(b"\x00\x00\x05\x08\x01\x1a\x02\x08\x01")
    return architecture_alone(folder), folder / "model.index"


@make
def whole_model_with_weights(folder: Path) -> Named:
    return small_h5(folder), weights_alone(folder)


@make
def json_of_something_else(folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text('{"layers": [64, 32]}')
    return path


@make
def hdf5_of_something_else(folder: Path) -> Path:
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"] = np.ones(3)
    return folder / "data.h5"


@make
def archive_of_something_else(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr("readme.txt", "a model")
    return folder / "model.zip"


@make
def archive_without_weights(folder: Path) -> Path:
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(sequential(SMALL)))
        archive.writestr("metadata.json", "{}")
    return path


@make
def class_of_ones_own(folder: Path) -> Path:
    model = {
        "module": "nets",
        "class_name": "MyNet",
        "config": {"units": 3},
        "registered_name": "MyNet",
    }
    return write_keras(folder / "model.keras", model, small_weights())


@make
def no_shape_of_items(folder: Path) -> Path:
    return of_layers(folder, *SMALL[1:])


# Weights that don't fit.


@make
def weights_of_other_shapes(folder: Path) -> Path:
    kernel, bias = SMALL[1][1]
    entries = [
        SMALL[0],
        (SMALL[1][0], (kernel.T, bias)),
        (SMALL[2][0], (np.ones((7, 3)), np.ones(3))),
    ]
    return write_h5(folder / "model.h5", sequential(SMALL), entries)


@make
def weights_too_few(folder: Path) -> Path:
    entries = [SMALL[0], (SMALL[1][0], SMALL[1][1][:1]), SMALL[2]]
    return write_h5(folder / "model.h5", sequential(SMALL), entries)


@make
def weights_of_another_model(folder: Path) -> Path:
    held = numbered(
        {"dense": SMALL[1][1], "dense_1": SMALL[2][1]}, {"dense": "first", "dense_1": "classes"}
    )
    return write_keras(folder / "model.keras", sequential(SMALL), held)


@make
def weights_that_diverged(folder: Path) -> Path:
    kernel = np.ones((8, 3), "f4")
    kernel[2, 1], kernel[5, 0] = np.nan, np.inf
    return write_h5(
        folder / "model.h5", sequential(SMALL), [*SMALL[:2], (SMALL[2][0], (kernel, np.ones(3)))]
    )


@make
def weights_in_words(folder: Path) -> Path:
    words = np.full((8, 3), b"one", "S3")
    return write_h5(
        folder / "model.h5", sequential(SMALL), [*SMALL[:2], (SMALL[2][0], (words, np.ones(3)))]
    )


@make
def weights_named_and_missing(folder: Path) -> Path:
    path = small_h5(folder)
    with h5py.File(path, "r+") as file:
        del file["model_weights/hidden/hidden/array_1:0"]
    return path


@make
def negative_variance(folder: Path) -> Path:
    norm = layer("BatchNormalization", "norm", axis=[1], epsilon=0.001)
    arrays = [np.ones(4), np.ones(4), np.ones(4), np.array([1, 1, -2, 1])]
    return of_layers(folder, inputs(4), (norm, arrays), *SMALL[1:])


@make
def window_larger_than_the_image(folder: Path) -> Path:
    conv = layer("Conv2D", "conv", filters=2, kernel_size=[9, 9], strides=[1, 1], padding="valid")
    return of_layers(folder, inputs(8, 8, 1), (conv, (np.ones((9, 9, 1, 2)), np.ones(2))))


@make
def zeros_without_end(folder: Path) -> Path:
    pad = layer("ZeroPadding2D", "pad", padding=[[40_000, 40_000], [40_000, 40_000]])
    return of_layers(folder, inputs(8, 8, 1), (pad, ()))


@make
def layers_in_a_circle(folder: Path) -> Path:
    first, second = dense("first", 4, 4), dense("second", 4, 4)
    return of_graph(
        folder, (inputs(4), []), (first, [["second"]]), (second, [["first"]]), outputs=["second"]
    )


@make
def output_that_isnt_there(folder: Path) -> Path:
    return of_graph(folder, (inputs(4), []), (dense("first", 4, 4), [["items"]]), outputs=["last"])


# Layers that a spec has no words for.


@make
def several_at_once(folder: Path) -> Path:
    return of_layers(
        folder,
        inputs(20, 4),
        (layer("LSTM", "memory", units=8, return_sequences=True), ()),
        (layer("GRU", "memory_2", units=6), ()),
        dense("hidden", 6, 8, activation="tanh"),
        (layer("LayerNormalization", "norm", axis=[1]), ()),
        (layer("Lambda", "doubled", function=["4wEAAAA=", None, None]), ()),
        dense("classes", 8, 3, activation="softmax"),
    )


@make
def function_as_activation(folder: Path) -> Path:
    given = {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}
    return of_layers(
        folder, inputs(4), dense("hidden", 4, 8, activation=given), dense("classes", 8, 3)
    )


@make
def layer_used_twice(folder: Path) -> Path:
    return of_graph(
        folder,
        (inputs(4), []),
        (dense("same", 4, 4), [["items"], ["same"]]),
        (dense("classes", 4, 3), [["same"]]),
        outputs=["classes"],
    )


@make
def two_inputs(folder: Path) -> Path:
    return of_graph(
        folder,
        (inputs(4, name="left"), []),
        (inputs(4, name="right"), []),
        ((layer("Subtract", "between"), ()), [["left", "right"]]),
        (dense("classes", 4, 3), [["between"]]),
        outputs=["classes"],
    )


@make
def two_outputs(folder: Path) -> Path:
    return of_graph(
        folder,
        (inputs(4), []),
        (dense("kind", 4, 3), [["items"]]),
        (dense("size", 4, 1), [["items"]]),
        outputs=["kind", "size"],
    )


@make
def items_of_any_size(folder: Path) -> Path:
    conv = layer("Conv2D", "conv", filters=2, kernel_size=[3, 3], strides=[1, 1], padding="same")
    pool = layer("GlobalAveragePooling2D", "pool")
    return of_layers(
        folder,
        inputs(None, None, 1),
        (conv, (np.ones((3, 3, 1, 2)), np.ones(2))),
        (pool, ()),
        dense("classes", 2, 3),
    )


@make
def channels_first(folder: Path) -> Path:
    conv = layer("Conv2D", "conv", filters=2, kernel_size=[3, 3], data_format="channels_first")
    return of_layers(
        folder,
        inputs(1, 8, 8),
        (conv, (np.ones((3, 3, 1, 2)), np.ones(2))),
        (layer("Flatten", "flat"), ()),
    )


@make
def qkeras(folder: Path) -> Path:
    """QDense has all that Dense has, and `linear` as its activation."""
    quantizer = {"class_name": "quantized_bits", "config": {"bits": 6, "integer": 0}}
    quantised, arrays = dense("fc1", 4, 8, kernel_quantizer=quantizer)
    relu = {"class_name": "quantized_relu", "config": {"bits": 6}}
    return of_layers(
        folder,
        inputs(4),
        ({**quantised, "class_name": "QDense"}, arrays),
        (layer("QActivation", "relu1", activation="quantized_relu(6)"), ()),
        dense("classes", 8, 3, activation=relu),
    )


@make
def quantised_for_tensorflow_lite(folder: Path) -> Path:
    inner = dense("hidden", 4, 8)[0]
    return of_layers(
        folder,
        inputs(4),
        (layer("QuantizeWrapperV2", "quant_hidden", layer=inner), ()),
        dense("classes", 8, 3),
    )


@make
def quantised_by_keras_3(folder: Path) -> Path:
    policy = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}
    entries = [inputs(4), dense("hidden", 4, 8, dtype=policy), dense("classes", 8, 3)]
    return write_keras(folder / "model.keras", sequential(entries), small_weights())


@make
def somebodys_dense(folder: Path) -> Path:
    entry = {**dense("hidden", 4, 8)[0], "module": "layers", "registered_name": "lab>Dense"}
    entries = [inputs(4), (entry, ()), dense("classes", 8, 3)]
    return write_keras(folder / "model.keras", sequential(entries), small_weights())


@make
def dropout_in_use(folder: Path) -> Path:
    model = functional(
        [
            (inputs(4), []),
            (dense("hidden", 4, 4), [["items"]]),
            ((layer("Dropout", "drop", rate=0.5), ()), [["hidden"]]),
        ],
        ["drop"],
    )
    model["config"]["layers"][2]["inbound_nodes"] = [[["hidden", 0, 0, {"training": True}]]]
    return write_h5(folder / "model.h5", model, [inputs(4), dense("hidden", 4, 4)])


@make
def operations_in_python(folder: Path) -> Path:
    model = functional([(inputs(4), []), (dense("hidden", 4, 4), [["items"]])], ["plus"])
    plus = layer("TFOpLambda", "plus", function="__operators__.add")
    norm = layer("TFOpLambda", "norm", function="math.l2_normalize")
    model["config"]["layers"] += [
        {**norm, "name": "norm", "inbound_nodes": [["hidden", 0, 0, {"axis": 1}]]},
        {**plus, "name": "plus", "inbound_nodes": [["norm", 0, 0, {"y": 1.5, "name": None}]]},
    ]
    return write_h5(folder / "model.h5", model, [inputs(4), dense("hidden", 4, 4)])


@make
def axes_and_thresholds(folder: Path) -> Path:
    return of_layers(
        folder,
        inputs(6, 4),
        (layer("BatchNormalization", "over_time", axis=[1]), ()),
        (layer("ReLU", "late", threshold=1.0), ()),
        (layer("Softmax", "over_time_2", axis=1), ()),
        (layer("Flatten", "flat"), ()),
        dense("classes", 24, 3),
    )
