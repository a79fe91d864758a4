"""Generated specs: sound ones compile to good scripts, broken ones to reports; never a traceback."""

from __future__ import annotations

import ast
import json
import math
import os
import random
from pathlib import Path
from typing import Any

import black
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snnc.cli import main
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.report import report
from snnc.pipeline import check_document, scripts
from snnc.program.reserved_names import RESERVED
from snnc.spec import write_toml
from snnc.spec.read import parse
from tests.conftest import CASES, SPECS, meaning

#: How many files are mutated; `SNNC_MUTATIONS=10000 pytest tests/test_properties.py` is the long run.
MUTATIONS = int(os.environ.get("SNNC_MUTATIONS", "400"))

names = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True).filter(
    lambda n: (
        n not in RESERVED
        and n.isidentifier()
        and not __import__("keyword").iskeyword(n)
        and not __import__("keyword").issoftkeyword(n)
    )
)
rates = st.sampled_from([50, 100, 150.5, 200, 250, 300])
SPIKING = ["lif", "spiking_relu", "loihi_lif", "loihi_spiking_relu"]


@st.composite
def neurons(draw: st.DrawFn, kinds: list[str]) -> dict[str, Any]:
    table: dict[str, Any] = {"kind": draw(st.sampled_from(kinds))}
    if draw(st.booleans()):
        table["max_rate"] = draw(rates)
    if draw(st.booleans()):
        table["intercept"] = draw(st.sampled_from([-1, -0.25, 0, 0.5]))
    if draw(st.booleans()):
        table["amplitude"] = draw(st.sampled_from([0.005, 0.01, 1]))
    if "lif" in table["kind"] and draw(st.booleans()):
        table["tau_rc"] = draw(st.sampled_from([0.01, 0.02]))
        table["tau_ref"] = draw(st.sampled_from([0, 0.001, 0.002]))
    return table


starts = st.sampled_from([1, 0.01, 0.0025])

schedules = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["exponential_decay", "inverse_time_decay"]),
            "initial_learning_rate": starts,
            "decay_steps": st.integers(1, 10**9),
            "decay_rate": st.sampled_from([0.5, 0.96, 2]),
        },
        optional={"staircase": st.booleans()},
    ),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["cosine_decay", "polynomial_decay"]),
            "initial_learning_rate": starts,
            "decay_steps": st.integers(1, 10**9),
        },
    ),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=12, unique=True).map(
        lambda boundaries: {
            "kind": "piecewise_constant_decay",
            "boundaries": sorted(boundaries),
            "values": [0.1 / 2**i for i in range(len(boundaries) + 1)],
        }
    ),
)


@st.composite
def guidance(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what training may be told beside its optimiser."""
    told: dict[str, Any] = {}
    if draw(st.booleans()):
        told["validation_fraction"] = draw(st.sampled_from([0.1, 0.123456789]))
        if draw(st.booleans()):
            told["early_stopping"] = {
                "monitor": draw(st.sampled_from(["val_loss", "val_accuracy"])),
                "patience": draw(st.integers(1, 8)),
                "min_delta": draw(st.sampled_from([0, 1e-5, 0.01])),
                "restore_best_weights": draw(st.booleans()),
            }
    if draw(st.booleans()):
        told["firing_rates"] = {"min": draw(st.sampled_from([0, 0.125, 10])), "weight": 0.001}
    return told


@st.composite
def sources(draw: st.DrawFn) -> tuple[dict[str, Any], list[int]]:
    """Draw data that needn't be there, of ten classes, and the shape of an item."""
    flat = draw(st.booleans())
    match draw(st.sampled_from(["sklearn", "keras", "openml"])):
        case "sklearn":
            return {"kind": "sklearn", "name": "digits"}, [64] if flat else [8, 8, 1]
        case "keras":
            name = draw(st.sampled_from(["mnist", "cifar10"]))
            shape = [28, 28] if name == "mnist" else [32, 32, 3]
            return {"kind": "keras", "name": name}, [math.prod(shape)] if flat else shape
        case _:
            by_name = {"name": draw(st.text(min_size=1, max_size=60)), "version": 3}
            which = draw(st.sampled_from([by_name, {"data_id": 42468}]))
            return {"kind": "openml", **which}, [16] if flat else [4, 4]


MODES = ["identity", "on_off"]


@st.composite
def images(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a layer that looks at images of any size."""
    kinds = ["conv2d", "conv2d", "depthwise_conv2d", "avg_pool2d", "batch_norm", "dropout"]
    kind = draw(st.sampled_from(kinds))
    if kind == "batch_norm":
        return {"kind": kind}
    if kind == "dropout":
        return {"kind": kind, "rate": 0.1}
    sizes = st.one_of(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=2, max_size=2))
    layer: dict[str, Any] = {"kind": kind, "padding": "same"}
    layer["pool_size" if kind == "avg_pool2d" else "kernel_size"] = draw(sizes)
    if draw(st.booleans()):
        layer["strides"] = draw(st.integers(1, 3) if kind == "depthwise_conv2d" else sizes)
    if kind != "avg_pool2d":
        width = "filters" if kind == "conv2d" else "depth_multiplier"
        layer[width] = draw(st.integers(1, 6 if kind == "conv2d" else 2))
        layer["use_bias"] = draw(st.booleans())
        layer["batch_norm"] = draw(st.booleans())
    return layer


@st.composite
def blocks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw layers that are added up, or concatenated."""
    conv = {"kind": "conv2d", "filters": draw(st.integers(1, 4)), "kernel_size": 3}
    first = {**conv, "padding": "same", "name": "block_first"}
    second = {**conv, "padding": "same", "name": "block_second"}
    if draw(st.booleans()):
        second |= {"neurons": "none", "batch_norm": draw(st.booleans())}
    kind = draw(st.sampled_from(["add", "concatenate"]))
    return [first, second, {"kind": kind, "from": ["block_first", "block_second"]}]


@st.composite
def series(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a layer that looks along series of any length."""
    kind = draw(st.sampled_from(["conv1d", "conv1d", "avg_pool1d"]))
    layer: dict[str, Any] = {"kind": kind, "padding": "same"}
    layer["kernel_size" if kind == "conv1d" else "pool_size"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        layer["strides"] = draw(st.integers(1, 3))
    if kind == "conv1d":
        layer["filters"] = draw(st.integers(1, 6))
        layer["use_bias"] = draw(st.booleans())
        layer["batch_norm"] = draw(st.booleans())
    return layer


@st.composite
def sound_specs(draw: st.DrawFn, imaged: bool = True) -> dict[str, Any]:  # noqa: C901
    """Draw a spec that has to compile."""
    loihi = draw(st.booleans())
    kinds = SPIKING if loihi else [*SPIKING, "relu", "lif_rate", "soft_lif"]
    synapses = st.sampled_from(["none", "lowpass", {"kind": "lowpass", "tau": 0.01}])
    layers: list[dict[str, Any]] = []
    taken: list[str] = []
    for name in draw(st.lists(names, min_size=2, max_size=6, unique=True)):
        dropout = bool(layers) and draw(st.integers(0, 3)) == 0
        layer: dict[str, Any] = {"kind": "dropout" if dropout else "dense", "name": name}
        if dropout:
            layer["rate"] = draw(st.sampled_from([0, 0.25, 0.5]))
        else:
            layer["units"] = draw(st.integers(1, 300))
            if draw(st.booleans()):
                layer["neurons"] = draw(neurons(kinds))
            if draw(st.integers(0, 3)) == 0:
                layer["use_bias"] = False
            if draw(st.integers(0, 3)) == 0:
                layer["firing_rates"] = draw(st.sampled_from([{"max": 49.5}, {"weight": 0}]))
            if len(taken) > 1 and draw(st.booleans()):
                layer["from"] = [
                    taken[-1],
                    *draw(st.lists(st.sampled_from(taken[:-1]), max_size=2, unique=True)),
                ]
                layer["synapse"] = draw(synapses)
        layers.append(layer)
        taken.append(name)
    if not any(layer["kind"] == "dense" for layer in layers[1:]):
        layers.append({"kind": "dense", "units": 7})
    source, shape = draw(sources())
    side = math.isqrt(math.prod(shape))
    long = [length for length in shape if length > 1]
    if imaged and len(long) == 2 and draw(st.integers(0, 3)) == 0:
        shape = long
        layers = [*draw(st.lists(series(), min_size=1, max_size=4)), *layers]
    elif imaged and side**2 == math.prod(shape) and draw(st.booleans()):
        shape = [side, side, 1]
        block = draw(blocks()) if draw(st.booleans()) else []
        layers = [*draw(st.lists(images(), min_size=1, max_size=4)), *block, *layers]
        if draw(st.booleans()):
            layers.insert(0, {"kind": "encoder", "mode": draw(st.sampled_from(MODES))})
    spec: dict[str, Any] = {
        "targets": ["nengo_dl", "loihi"] if loihi else ["nengo_dl"],
        "network": {"name": draw(names), "seed": draw(st.integers(0, 4_000_000))},
        "data": {
            **source,
            "scale": draw(st.sampled_from(["none", "unit", "signed", "standard"])),
        },
        "input": {"shape": shape},
        "presentation": {
            "time": draw(st.sampled_from([0.02, 0.05, 0.1, 0.2])),
            "gap": draw(st.sampled_from([0, 0.01])),
            "read": draw(st.sampled_from(["last", {"mean_of_last": 0.3}])),
        },
        "neurons": draw(neurons(kinds)),
        "synapses": {"layer": draw(synapses), "probe": draw(st.sampled_from(["none", "alpha"]))},
        "layers": layers,
        "output": {
            "classes": 10,
            "softmax": draw(st.sampled_from(["loss", "host", "offline"])),
            "use_bias": draw(st.booleans()),
        },
        "train": {
            "optimizer": draw(
                st.sampled_from(
                    [
                        "adam",
                        "rmsprop",
                        "sgd",
                        "adadelta",
                        {
                            "kind": "adam",
                            "learning_rate": 0.0025,
                            "beta_1": 0.85,
                            "beta_2": 0.9995,
                            "epsilon": 1e-5,
                        },
                        {"kind": "adamw", "learning_rate": draw(schedules)},
                    ]
                )
            ),
            **draw(guidance()),
        },
    }
    if draw(st.booleans()):
        labels = st.lists(st.text(max_size=30), min_size=10, max_size=10, unique=True)
        spec["output"]["labels"] = draw(labels)
    assume(fits_cores(spec))
    return spec


def fits_cores(spec: dict[str, Any]) -> bool:
    """Whether the chip's cores are no reason to refuse a spec: of larger images dense layers often read too much."""
    try:
        check_document(Document(Path("somewhere/spec.toml"), "", spec))
    except CompileError as error:
        return not any(diagnostic.code == "core-limits" for diagnostic in error.diagnostics)
    return True


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(sound_specs())
def test_a_sound_spec_compiles(spec: dict[str, Any]) -> None:
    found = check_document(Document(Path("somewhere/spec.toml"), "", spec))
    emitted = scripts(found.program, Path("somewhere"))
    assert emitted == scripts(found.program, Path("somewhere"))
    for text in emitted.values():
        ast.parse(text)
        assert black.format_str(text, mode=black.Mode()) == text


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(sound_specs())
def test_a_spec_survives_toml(spec: dict[str, Any]) -> None:
    """What is read from text means the same as the data it was written from."""
    text = write_toml.text(spec)
    document = parse(text.encode(), Path("somewhere/spec.toml"))
    direct = check_document(Document(document.path, "", spec)).program
    assert meaning(check_document(document).program) == meaning(direct)


@pytest.mark.slow
def test_a_broken_file_gives_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is done to a spec, `check` ends with exit code 0 or 1, and says why."""
    originals = [path.read_bytes() for path in (*SPECS, *CASES)]
    chance = random.Random(0)
    (tmp_path / "data").mkdir()
    target = tmp_path / "spec.toml"
    codes = set()
    for _ in range(MUTATIONS):
        target.write_bytes(mutated(chance.choice(originals), chance))
        code = main(["check", str(target)])
        seen = capsys.readouterr()
        assert code in (0, 1), target.read_bytes()
        assert "Traceback" not in seen.err
        assert code == 0 or "error[" in seen.err
        codes.add(code)
    assert codes == {0, 1}


VALUES = [
    "0",
    "-1",
    "1e400",
    "nan",
    "true",
    '""',
    '"lif"',
    "[]",
    "{}",
    "[[]]",
    "2024-01-01",
    "99999999999999999999",
    "{ kind = 3 }",
    '"\\u0000"',
    '{ kind = "dense" }',
]


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Return a file with a few things wrong."""
    for _ in range(chance.randint(1, 3)):
        lines = raw.split(b"\n")
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                key, _, _ = lines[at].partition(b"=")
                lines[at] = key + b"= " + chance.choice(VALUES).encode()
            case 3:
                cut = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + bytes([chance.randrange(256)]) + lines[at][cut + 1 :]
            case 4:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 5:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
        raw = b"\n".join(lines)
    return raw


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(sound_specs(), junk, st.randoms(use_true_random=False))
def test_any_data_gives_a_report(spec: dict[str, Any], value: Any, chance: random.Random) -> None:
    """Replace or add a value somewhere; the outcome is a program or a report."""
    spec = json.loads(json.dumps(spec))
    table: Any = spec
    while True:
        key = chance.choice(list(table) if isinstance(table, dict) else range(len(table)))
        inner = table[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.3:
            break
        table = inner
    table[key] = value
    document = Document(Path("somewhere/spec.toml"), "", spec)
    try:
        check_document(document)
    except CompileError as error:
        assert report(error.document, error.diagnostics)
